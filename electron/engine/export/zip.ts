import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1980-01-01, the earliest date there is: equal files give equal bytes. */
const DATE = 0x0021;

const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether to make it smaller; some readers know only files as they are. */
  readonly compress?: boolean;
}

/**
 * A zip archive (APPNOTE.TXT).
 *
 * @param offset where the archive will begin in the file that it is appended to, bytes
 */
export function writeZip(entries: readonly ZipEntry[], offset = 0): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = offset;
  for (const { name, bytes, compress = false } of entries) {
    const encodedName = new TextEncoder().encode(name);
    const content = compress ? deflateRawSync(bytes) : bytes;
    const common = [VERSION, UTF8_NAMES, compress ? DEFLATED : STORED, 0, DATE] as const;
    const sizes = [crc32(bytes), content.length, bytes.length] as const;
    const local = pack([4, LOCAL_HEADER], ...twos(common), ...fours(sizes), [2, encodedName.length], [2, 0]);
    directory.push(
      pack(
        [4, CENTRAL_HEADER],
        [2, VERSION],
        ...twos(common),
        ...fours(sizes),
        [2, encodedName.length],
        ...twos([0, 0, 0, 0]),
        ...fours([0, position]),
      ),
      encodedName,
    );
    parts.push(local, encodedName, content);
    position += local.length + encodedName.length + content.length;
  }
  const directorySize = directory.reduce((sum, part) => sum + part.length, 0);
  const end = pack(
    [4, END_OF_DIRECTORY],
    ...twos([0, 0, entries.length, entries.length]),
    ...fours([directorySize, position]),
    [2, 0],
  );
  return Buffer.concat([...parts, ...directory, end]);
}

/** What is packed may unpack to so many times its size, and to `RATIO_FREE_BYTES` in any case: neither numbers nor JSON shrink more. */
const MAX_RATIO = 20;
const RATIO_FREE_BYTES = 2 ** 24;

/**
 * One file of a zip archive that `writeZip` wrote, or another program packed again; undefined where there is none of that name.
 *
 * @param largest that it may be, bytes
 * @throws RangeError for an archive that is cut short or altered, or a file in it that unpacks to far more than it is
 */
export function readZipEntry(archive: Uint8Array, name: string, { largest = 2 ** 30 } = {}): Uint8Array | undefined {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - END_BYTES; // Without a comment, as we write it.
  if (end < 0 || view.getUint32(end, true) !== END_OF_DIRECTORY)
    throw new RangeError('it does not end like a zip archive');
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    if (view.getUint32(at, true) !== CENTRAL_HEADER) throw new RangeError('its list of files is damaged');
    const nameLength = view.getUint16(at + 28, true);
    const found = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength));
    if (found === name) return readContent(archive, view, at, largest);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return undefined;
}

function readContent(archive: Uint8Array, view: DataView, at: number, largest: number): Uint8Array {
  const method = view.getUint16(at + 10, true);
  const [checksum, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true)) as [
    number,
    number,
    number,
  ];
  const local = view.getUint32(at + 42, true);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const content = archive.subarray(start, start + packed);
  if (size > Math.min(largest, Math.max(RATIO_FREE_BYTES, content.length * MAX_RATIO)))
    throw new RangeError(`a file in it would unpack from ${content.length} to ${size} bytes`);
  const bytes = method === STORED ? content : inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
  if (bytes.length !== size || crc32(bytes) !== checksum) throw new RangeError('a file in it is damaged');
  return bytes;
}

type Field = readonly [bytes: 2 | 4, value: number];

function twos(values: readonly number[]): Field[] {
  return values.map((value) => [2, value]);
}

function fours(values: readonly number[]): Field[] {
  return values.map((value) => [4, value]);
}

function pack(...fields: readonly Field[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}
