import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import yazl from 'yazl';

/** A folder that is removed when the test ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'decant-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A small PNG of one colour that `number` decides, so that no two are the same file. */
export function makePng(number: number, size = 8): Promise<Buffer> {
  const background = { r: number % 256, g: Math.floor(number / 256) % 256, b: 77 };
  return sharp({ create: { width: size, height: size, channels: 3, background } })
    .png()
    .toBuffer();
}

/** Files by path; a number stands for `makePng` of it. Returns the folder. */
export async function makeTree(files: Record<string, Uint8Array | string | number>): Promise<string> {
  const folder = makeFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === 'number' ? await makePng(content) : content);
  }
  return folder;
}

/** `counts` images for each class, by path. */
export function listImages(counts: Record<string, number>, prefix = ''): Record<string, number> {
  let number = prefix.length * 1000;
  return Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) =>
      Array.from({ length: count }, (_, i) => [`${prefix}${name}/${i}.png`, number++] as const),
    ),
  );
}

/** A .zip of the files, whose bytes `patch` may change before it is written. Returns its path. */
export async function makeZip(
  files: Record<string, Uint8Array | string | number>,
  patch: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<string> {
  const zip = new yazl.ZipFile();
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith('/')) zip.addEmptyDirectory(path);
    else zip.addBuffer(Buffer.from(typeof content === 'number' ? await makePng(content) : content), path);
  }
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(Buffer.from(part));
  const path = join(makeFolder(), 'set.zip');
  await writeFile(path, patch(Buffer.concat(parts)));
  return path;
}

/** Puts one text in place of another of the same length, wherever it occurs. */
export function replaceText(bytes: Buffer, from: string, to: string): Buffer {
  const [old, changed] = [Buffer.from(from), Buffer.from(to)];
  if (old.length !== changed.length) throw new RangeError('both must have the same length');
  const result = Buffer.from(bytes);
  for (let at = result.indexOf(old); at >= 0; at = result.indexOf(old, at + 1)) changed.copy(result, at);
  return result;
}

/** Places of the central directory's records. */
export function findCentralRecords(bytes: Buffer): number[] {
  const places: number[] = [];
  const signature = Buffer.from([0x50, 0x4b, 0x01, 0x02]);
  for (let at = bytes.indexOf(signature); at >= 0; at = bytes.indexOf(signature, at + 1)) places.push(at);
  return places;
}

/** A PNG whose header states a size, with next to nothing in it. */
export function makePngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    makeChunk('IHDR', header),
    makeChunk('IDAT', deflateSync(Buffer.alloc(1000))),
    makeChunk('IEND', Buffer.alloc(0)),
  ]);
}

function makeChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
