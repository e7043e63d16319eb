import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import yauzl from 'yauzl';
import { shorten } from '../../../shared/text/shorten.ts';
import { DecantError } from '../core/errors.ts';
import { type EndRecord, readEndRecord } from './end-record.ts';
import { looksLikeImage } from './image-format.ts';
import {
  MAX_COMPRESSION_RATIO,
  MAX_DEPTH,
  MAX_ENTRIES,
  MAX_FILE_BYTES,
  MAX_NAME_LENGTH,
  MAX_PATH_LENGTH,
  RATIO_FREE_BYTES,
} from './limits.ts';
import { HIDDEN_FOLDER_REASON, hiddenFolderOf, isHidden, type ListedFile, type Listing } from './listing.ts';
import { readFirmly } from './read-failures.ts';

const LINK_MODE = 0o120000;
const MODE_MASK = 0o170000;

/** Of an entry in the central directory, without its name, extra fields and comment. */
const CENTRAL_HEADER_BYTES = 46;

interface OpenedArchive {
  readonly path: string;
  readonly sizeBytes: number;
  readonly end: EndRecord;
  readonly entries: yauzl.ZipFile;
}

/**
 * Lists a .zip by its central directory; nothing is unpacked.
 *
 * @throws DecantError `dataset.unsafe` for names that leave the archive, decompression bombs (declared ratio, entries that
 * share bytes, too many entries), `dataset.layout` when it is no readable archive or its end record tells of another list of
 * files, `dataset.unreadable` when it cannot be read now
 */
export async function listArchive(path: string, signal?: AbortSignal): Promise<Listing> {
  const archive = await openArchive(path);
  try {
    return await collect(archive, signal);
  } finally {
    archive.entries.close();
  }
}

async function collect(archive: OpenedArchive, signal?: AbortSignal): Promise<Listing> {
  const { path, sizeBytes, end } = archive;
  const files: ListedFile[] = [];
  const listing: Listing = { files, folders: [], ignored: [] };
  const folders = new Set<string>();
  const seen = new Set<string>();
  const hidden = new Set<string>();
  const total = { packed: 0, unpacked: 0 };
  let directoryBytes = 0;
  let failure: Error | null = null;
  let ended = false;
  const { entries } = archive;
  entries.on('error', (error: Error) => {
    failure = describeArchiveFailure(path, error);
  });
  entries.on('end', () => {
    ended = true;
  });
  entries.on('entry', (entry: yauzl.Entry) => {
    total.packed += entry.compressedSize;
    total.unpacked += entry.uncompressedSize;
    directoryBytes += CENTRAL_HEADER_BYTES + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    assertHarmless(path, entry, total, sizeBytes);
    addEntry(entry);
  });
  // Every call emits one entry, the end or an error at once, because the reader below reads synchronously.
  for (let read = 0; !ended && !failure; read++) {
    entries.readEntry();
    if (read % 4096 === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
  if (failure) throw failure;
  if (directoryBytes !== end.directoryBytes)
    throw damaged(path, `its end record counts ${end.entries} entries, but its list of files has another length`);
  listing.folders = [...folders];
  return listing;

  function addEntry(entry: yauzl.Entry): void {
    const name = entry.fileName.replace(/^(\.\/)+/, '').replace(/\/{2,}/g, '/');
    if (name === '') return;
    if (name.length > MAX_PATH_LENGTH)
      return void listing.ignored.push({
        path: shorten(name),
        reason: `its path has more than ${MAX_PATH_LENGTH} characters`,
      });
    const parts = name.split('/');
    if (parts.some((part) => part.length > MAX_NAME_LENGTH))
      return void listing.ignored.push({
        path: shorten(name),
        reason: `a name in its path has more than ${MAX_NAME_LENGTH} characters`,
      });
    if (parts.length > MAX_DEPTH + 1)
      return void listing.ignored.push({ path: name, reason: `more than ${MAX_DEPTH} folders deep` });
    if (isHidden(name.replace(/\/$/, ''))) return void reportHidden(name);
    addFolders(name);
    if (name.endsWith('/')) return;
    if (seen.has(name)) return void listing.ignored.push({ path: name, reason: 'listed twice; the first is used' });
    seen.add(name);
    if (((entry.externalFileAttributes >>> 16) & MODE_MASK) === LINK_MODE)
      return void listing.ignored.push({ path: name, reason: 'a symbolic link; links in archives are not followed' });
    if (entry.isEncrypted()) return void listing.ignored.push({ path: name, reason: 'encrypted' });
    if (entry.uncompressedSize > MAX_FILE_BYTES)
      return void listing.ignored.push({ path: name, reason: `larger than ${MAX_FILE_BYTES / 2 ** 20} MiB` });
    files.push({
      path: name,
      bytes: entry.uncompressedSize,
      crc32: entry.crc32,
      location: {
        kind: 'zip',
        offset: entry.relativeOffsetOfLocalHeader,
        compressedBytes: entry.compressedSize,
        bytes: entry.uncompressedSize,
        method: entry.compressionMethod,
        crc32: entry.crc32,
      },
    });
  }

  function reportHidden(name: string): void {
    const folder = looksLikeImage(name) ? hiddenFolderOf(name) : null;
    if (folder === null || hidden.has(folder)) return;
    hidden.add(folder);
    listing.ignored.push({ path: folder, reason: HIDDEN_FOLDER_REASON });
  }

  function addFolders(name: string): void {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const folder = name.slice(0, end);
      if (folders.has(folder)) return;
      folders.add(folder);
    }
  }
}

/** @throws DecantError `dataset.layout`, `dataset.unsafe`, `dataset.unreadable` */
async function openArchive(path: string): Promise<OpenedArchive> {
  const reader = new BlockReader(path);
  try {
    const { sizeBytes } = reader;
    const end = readEndRecord(sizeBytes, (position, length) => reader.readPart(position, length));
    if (end.directoryOffset + end.directoryBytes !== end.offset)
      throw new RangeError('its list of files is not where its end record says');
    if (end.entries > MAX_ENTRIES) throw unsafe(path, `it lists ${end.entries} entries, more than ${MAX_ENTRIES}`);
    const options = { lazyEntries: true, autoClose: false };
    const entries = await yauzl.fromRandomAccessReaderPromise(reader, sizeBytes, options);
    return { path, sizeBytes, end, entries };
  } catch (error) {
    reader.close(() => undefined);
    throw error instanceof RangeError ? damaged(path, error.message, error) : describeArchiveFailure(path, error);
  }
}

/** Reads a file in blocks, synchronously: the list of entries takes two small reads for each of thousands of entries. */
class BlockReader extends yauzl.RandomAccessReader {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #file: number;
  readonly #block = Buffer.allocUnsafe(256 * 1024);
  #start = 0;
  #length = 0;
  #open = true;

  /** @throws DecantError `dataset.unreadable` */
  constructor(path: string) {
    super();
    this.#path = path;
    this.#file = readFirmly(path, () => openSync(path, 'r'));
    this.sizeBytes = fstatSync(this.#file).size;
  }

  /** @throws DecantError `dataset.unreadable`, RangeError beyond the end */
  readPart(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    this.#fill(buffer, 0, length, position);
    return buffer;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let failure: Error | null = null;
    try {
      this.#fill(buffer, offset, length, position);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    callback(failure);
  }

  #fill(buffer: Buffer, offset: number, length: number, position: number): void {
    for (let done = 0; done < length; ) {
      const at = position + done;
      if (at < this.#start || at >= this.#start + this.#length) {
        this.#length = 0; // Nothing, if this fails.
        this.#length = readFirmly(this.#path, () => readSync(this.#file, this.#block, 0, this.#block.length, at));
        this.#start = at;
        if (this.#length === 0) throw new RangeError('it is cut short');
      }
      const from = at - this.#start;
      done += this.#block.copy(buffer, offset + done, from, Math.min(this.#length, from + length - done));
    }
  }

  override close(callback: (error: Error | null) => void): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
    callback(null);
  }
}

function assertHarmless(
  path: string,
  entry: yauzl.Entry,
  total: { packed: number; unpacked: number },
  archiveBytes: number,
): void {
  const { uncompressedSize, compressedSize, fileName } = entry;
  if (uncompressedSize > RATIO_FREE_BYTES && uncompressedSize > compressedSize * MAX_COMPRESSION_RATIO)
    throw unsafe(path, `${fileName} would unpack from ${compressedSize} to ${uncompressedSize} bytes`);
  if (total.unpacked > 64 * RATIO_FREE_BYTES && total.unpacked > archiveBytes * MAX_COMPRESSION_RATIO)
    throw unsafe(path, `its ${archiveBytes} bytes would unpack to more than ${total.unpacked}`);
  if (total.packed > archiveBytes) throw unsafe(path, 'its entries overlap each other');
}

/** In our own words: those of the library that reads the list are no sentence for people. */
function describeArchiveFailure(path: string, error: unknown): Error {
  if (error instanceof DecantError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/^(absolute path|invalid relative path|invalid characters in fileName)/.test(message))
    return unsafe(path, `an entry would be written outside of it (${message})`, error);
  return damaged(path, 'its list of files is damaged', error);
}

function damaged(path: string, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'dataset.layout',
    `${path} is not a readable .zip archive (${reason}); create it again or give the folder itself.`,
    { path, reason },
    { cause },
  );
}

function unsafe(path: string, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'dataset.unsafe',
    `${path} is refused because ${reason}; use an archive from a source that you trust.`,
    { path, reason },
    { cause },
  );
}
