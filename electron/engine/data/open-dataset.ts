import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { DecantError } from '../core/errors.ts';
import type { ByteLocation } from './byte-location.ts';
import type { Dataset } from './dataset.ts';
import { type FoundImages, readLayout } from './layout.ts';
import { listArchive } from './list-archive.ts';
import { listFolder } from './list-folder.ts';
import { readFirmlyLater } from './read-failures.ts';

const PARALLEL_READS = 8;
/** What the file system says of a path where nothing can be; the rest are failures to look. */
const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG', 'EINVAL', 'ERR_INVALID_ARG_VALUE']);
/** Larger files are read in pieces. */
const READ_AT_ONCE = 4 * 2 ** 20;

/**
 * Opens a folder of images, or a .zip of one, without reading an image or unpacking anything.
 *
 * @throws DecantError `dataset.missing`, `dataset.unreadable`, `dataset.layout`, `dataset.classes` or `dataset.unsafe`
 */
export async function openDataset(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<Dataset> {
  const root = resolve(path);
  const kind = await detectKind(root);
  const listing = kind === 'folder' ? await listFolder(root, signal) : await listArchive(root, signal);
  const found = readLayout(listing, root);
  const { classes, images, unlabelled, hasSplits, ignored } = found;
  let fingerprint: string | null = null;
  return {
    name: basename(root).replace(/\.zip$/i, ''),
    path: root,
    kind,
    classes,
    images,
    unlabelled,
    hasSplits,
    ignored,
    async fingerprint(signal, onRead) {
      fingerprint ??= await computeFingerprint(found, { signal, onRead });
      return fingerprint;
    },
    close: async () => undefined,
  };
}

async function detectKind(path: string): Promise<'folder' | 'zip'> {
  const found = await readFirmlyLater(path, () =>
    stat(path).catch((error: NodeJS.ErrnoException) => {
      if (!NOT_THERE.has(error.code ?? '')) throw error;
      const reason = error.code === 'EACCES' ? 'is not readable' : 'does not exist';
      throw new DecantError('dataset.missing', `${path} ${reason}; give a folder or a .zip of labelled images.`, {
        path,
      });
    }),
  );
  if (found.isDirectory()) return 'folder';
  if (found.isFile() && /\.zip$/i.test(path)) return 'zip';
  throw new DecantError(
    'dataset.layout',
    `${path} is neither a folder nor a .zip; give a folder with a folder of images for each class.`,
    { path },
  );
}

async function computeFingerprint(
  { images, unlabelled, wrapping }: Pick<FoundImages, 'images' | 'unlabelled' | 'wrapping'>,
  { signal, onRead }: { signal?: AbortSignal | undefined; onRead?: (() => void) | undefined },
): Promise<string> {
  const lines = new Array<string>(images.length);
  await readAll(images.length, { signal, onRead }, async (index) => {
    const { path, bytes, location } = images[index]!;
    const checksum = await checksumOf(location, bytes);
    if (location.kind === 'file') location.crc32 = checksum;
    lines[index] = `${path.slice(wrapping.labelled.length)}\0${bytes}\0${checksum}\n`;
  });
  await readAll(unlabelled.length, { signal, onRead }, async (index) => {
    const { location, bytes } = unlabelled.at(index)!;
    unlabelled.setChecksum(index, await checksumOf(location, bytes));
  });
  const hash = createHash('sha256');
  for (const line of lines.sort()) hash.update(line);
  // Where there are none it is the fingerprint that it always was.
  if (unlabelled.length > 0) hash.update('\0unlabelled\n');
  for (let index = 0; index < unlabelled.length; index++) {
    const { path, bytes, location } = unlabelled.at(index)!;
    hash.update(`${path.slice(wrapping.all.length)}\0${bytes}\0${location.crc32}\n`);
  }
  return hash.digest('hex');
}

/** Does something with every index, several at a time. */
async function readAll(
  count: number,
  { signal, onRead }: { signal?: AbortSignal | undefined; onRead?: (() => void) | undefined },
  read: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      signal?.throwIfAborted();
      await read(next++);
      onRead?.();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, work));
}

/** CRC-32 of an image's file: an archive's list of files says it, a file is read. @throws DecantError `dataset.unreadable` */
async function checksumOf(location: ByteLocation, bytes: number): Promise<number> {
  return location.kind === 'zip' ? location.crc32 : checksumFile(location.path, bytes);
}

/** CRC-32 of a file. @throws DecantError `dataset.unreadable` */
function checksumFile(path: string, bytes: number): Promise<number> {
  return readFirmlyLater(path, async () => {
    if (bytes <= READ_AT_ONCE) return crc32(await readFile(path));
    let sum = 0;
    for await (const chunk of createReadStream(path)) sum = crc32(chunk, sum);
    return sum;
  });
}
