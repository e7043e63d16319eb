import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { DecantError } from '../core/errors.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { readFirmly } from './read-failures.ts';

const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** Where the bytes of one image lie; plain data, so that it can be sent to a worker thread. */
export type ByteLocation =
  | {
      kind: 'file';
      path: string;
      /** Of the content that the dataset's fingerprint was taken of; null before. */
      crc32: number | null;
    }
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
  readonly #archive: string | null;
  #file: number | null = null;

  /** @param archive path of the zip that `zip` locations point into; null for a folder */
  constructor(archive: string | null) {
    this.#archive = archive;
  }

  /**
   * @throws DecantError `image.unreadable`, with the reason alone as its message, for content that is no use; where a file
   *   cannot be read now `dataset.unreadable`, and where it is not what the fingerprint was taken of `dataset.changed`
   */
  read(location: ByteLocation): Buffer {
    return location.kind === 'file' ? readFile(location) : this.#readEntry(location);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #readEntry(entry: Extract<ByteLocation, { kind: 'zip' }>): Buffer {
    const archive = this.#archive;
    if (archive === null) throw new DecantError('image.unreadable', 'its archive is not open');
    if (entry.method !== STORED && entry.method !== DEFLATED)
      throw new DecantError('image.unreadable', `uses zip compression method ${entry.method}, which is not supported`);
    const packed = readFirmly(archive, () => {
      this.#file ??= openSync(archive, 'r');
      const header = readExactly(this.#file, LOCAL_HEADER_BYTES, entry.offset);
      if (header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE)
        throw new DecantError('image.unreadable', 'the archive is damaged here (no local header)');
      const start = entry.offset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
      return readExactly(this.#file, entry.compressedBytes, start);
    });
    const bytes = entry.method === STORED ? packed : unpack(packed, entry.bytes);
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

function readFile({ path, crc32: expected }: Extract<ByteLocation, { kind: 'file' }>): Buffer {
  const bytes = readFirmly(path, () => {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES)
      throw new DecantError('image.unreadable', `is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB`);
    return readFileSync(path);
  });
  if (expected !== null && crc32(bytes) !== expected)
    throw new DecantError(
      'dataset.changed',
      `${path} has changed since the dataset was read; let the program that writes to it finish, and read the dataset again.`,
      { path },
    );
  return bytes;
}

/** What was deflated. One byte more than declared is asked for: an entry that unpacks to more is caught, not cut. */
function unpack(packed: Buffer, bytes: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: bytes + 1 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code; // Errors of node:zlib carry a code.
    if (code === undefined || code === 'Z_MEM_ERROR') throw error; // Says nothing of the image.
    const reason =
      code === 'ERR_BUFFER_TOO_LARGE' ? 'it unpacks to more than the archive states' : 'the archive is damaged here';
    throw new DecantError('image.unreadable', `cannot be read (${reason})`, {}, { cause: error });
  }
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
