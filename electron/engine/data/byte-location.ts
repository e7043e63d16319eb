import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { DecantError } from '../core/errors.ts';
import { MAX_FILE_BYTES } from './limits.ts';

const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** Where the bytes of one image lie; plain data, so that it can be sent to a worker thread. */
export type ByteLocation =
  | { kind: 'file'; path: string }
  | {
      kind: 'zip';
      /** Place of the entry's local header in the archive. */
      offset: number;
      compressedBytes: number;
      bytes: number;
      method: number;
      crc32: number;
    };

/** Reads the files behind locations, synchronously: made for worker threads, whose only work this is. */
export class ByteReader {
  readonly #archive: number | null;

  /** @param archive path of the zip that `zip` locations point into; null for a folder */
  constructor(archive: string | null) {
    this.#archive = archive === null ? null : openSync(archive, 'r');
  }

  /** @throws DecantError `image.unreadable` with the reason alone as its message */
  read(location: ByteLocation): Buffer {
    try {
      return location.kind === 'file' ? readFile(location.path) : this.#readEntry(location);
    } catch (error) {
      if (error instanceof DecantError) throw error;
      const code = (error as NodeJS.ErrnoException | undefined)?.code; // node:fs and node:zlib errors carry a code.
      throw new DecantError('image.unreadable', `cannot be read (${describeReadFailure(code)})`, {}, { cause: error });
    }
  }

  close(): void {
    if (this.#archive !== null) closeSync(this.#archive);
  }

  #readEntry(entry: Extract<ByteLocation, { kind: 'zip' }>): Buffer {
    if (this.#archive === null) throw new DecantError('image.unreadable', 'its archive is not open');
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw new DecantError('image.unreadable', `uses zip compression method ${entry.method}, which is not supported`);
    const header = readExactly(this.#archive, LOCAL_HEADER_BYTES, entry.offset);
    if (header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE)
      throw new DecantError('image.unreadable', 'the archive is damaged here (no local header)');
    const start = entry.offset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = readExactly(this.#archive, entry.compressedBytes, start);
    // One byte more than declared is asked for, so that an entry that unpacks to more than it says is caught, not cut.
    const bytes = entry.method === STORED ? packed : inflateRawSync(packed, { maxOutputLength: entry.bytes + 1 });
    if (bytes.length !== entry.bytes)
      throw new DecantError(
        'image.unreadable',
        `unpacks to a different size than the archive states (${entry.bytes} bytes)`,
      );
    if (crc32(bytes) !== entry.crc32)
      throw new DecantError('image.unreadable', 'the archive is damaged here (checksum)');
    return bytes;
  }
}

function readFile(path: string): Buffer {
  const { size } = statSync(path);
  if (size > MAX_FILE_BYTES)
    throw new DecantError('image.unreadable', `is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB`);
  return readFileSync(path);
}

function readExactly(file: number, length: number, position: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, buffer, done, length - done, position + done);
    if (count === 0) throw new DecantError('image.unreadable', 'the archive is truncated here');
    done += count;
  }
  return buffer;
}

function describeReadFailure(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
      return 'it no longer exists';
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied';
    case 'ERR_BUFFER_TOO_LARGE':
      return 'it unpacks to more than the archive states';
    case undefined:
      return 'unknown reason';
    default:
      return code.startsWith('Z_') ? 'the archive is damaged here' : code;
  }
}
