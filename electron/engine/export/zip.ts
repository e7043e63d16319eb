import { crc32 } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1980-01-01, the earliest date there is: equal files give equal bytes. */
const DATE = 0x0021;

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * A zip archive (APPNOTE.TXT) of uncompressed files.
 *
 * @param offset where the archive will begin in the file that it is appended to, bytes
 */
export function writeZip(entries: readonly ZipEntry[], offset = 0): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = offset;
  for (const { name, bytes } of entries) {
    const encodedName = new TextEncoder().encode(name);
    const common = [VERSION, UTF8_NAMES, 0, 0, DATE] as const;
    const sizes = [crc32(bytes), bytes.length, bytes.length] as const;
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
    parts.push(local, encodedName, bytes);
    position += local.length + encodedName.length + bytes.length;
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
