import { closeSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import yauzl from 'yauzl';
import { DecantError } from '../core/errors.ts';
import { looksLikeImage } from './image-format.ts';
import { MAX_COMPRESSION_RATIO, MAX_ENTRIES, MAX_FILE_BYTES, RATIO_FREE_BYTES } from './limits.ts';
import { HIDDEN_FOLDER_REASON, hiddenFolderOf, isHidden, type Listing } from './listing.ts';

const LINK_MODE = 0o120000;
const MODE_MASK = 0o170000;

/**
 * Lists a .zip by its central directory; nothing is unpacked.
 *
 * @throws DecantError `dataset.unsafe` for names that leave the archive, decompression bombs (declared ratio, entries that
 * share bytes, too many entries), `dataset.layout` when it is no readable archive
 */
export async function listArchive(path: string, signal?: AbortSignal): Promise<Listing> {
  const archiveBytes = (await stat(path)).size;
  const archive = await openArchive(path, archiveBytes);
  try {
    if (archive.entryCount > MAX_ENTRIES)
      throw unsafe(path, `it lists ${archive.entryCount} entries, more than ${MAX_ENTRIES}`);
    return await collect(archive, path, archiveBytes, signal);
  } finally {
    archive.close();
  }
}

async function collect(
  archive: yauzl.ZipFile,
  path: string,
  archiveBytes: number,
  signal?: AbortSignal,
): Promise<Listing> {
  const listing: Listing = { files: [], folders: [], ignored: [] };
  const folders = new Set<string>();
  const seen = new Set<string>();
  const hidden = new Set<string>();
  const total = { packed: 0, unpacked: 0 };
  let failure: Error | null = null;
  let ended = false;
  archive.on('error', (error: Error) => {
    failure = describeArchiveFailure(path, error);
  });
  archive.on('end', () => {
    ended = true;
  });
  archive.on('entry', (entry: yauzl.Entry) => {
    total.packed += entry.compressedSize;
    total.unpacked += entry.uncompressedSize;
    assertHarmless(path, entry, total, archiveBytes);
    addEntry(entry);
  });
  // Every call emits one entry, the end or an error at once, because the reader below reads synchronously.
  for (let read = 0; !ended && !failure; read++) {
    archive.readEntry();
    if (read % 4096 === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
  if (failure) throw failure;
  listing.folders = [...folders];
  return listing;

  function addEntry(entry: yauzl.Entry): void {
    const name = entry.fileName.replace(/^(\.\/)+/, '').replace(/\/{2,}/g, '/');
    if (name === '') return;
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
    listing.files.push({
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

async function openArchive(path: string, archiveBytes: number): Promise<yauzl.ZipFile> {
  const reader = new BlockReader(path);
  try {
    return await yauzl.fromRandomAccessReaderPromise(reader, archiveBytes, { lazyEntries: true, autoClose: false });
  } catch (error) {
    reader.close(() => undefined);
    throw describeArchiveFailure(path, error instanceof Error ? error : new Error(String(error)));
  }
}

/** Reads a file in blocks, synchronously: the list of entries takes two small reads for each of thousands of entries. */
class BlockReader extends yauzl.RandomAccessReader {
  readonly #file: number;
  readonly #block = Buffer.allocUnsafe(256 * 1024);
  #start = 0;
  #length = 0;
  #open = true;

  constructor(path: string) {
    super();
    this.#file = openSync(path, 'r');
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
      for (let done = 0; done < length; ) {
        const at = position + done;
        if (at < this.#start || at >= this.#start + this.#length) {
          this.#start = at;
          this.#length = readSync(this.#file, this.#block, 0, this.#block.length, at);
          if (this.#length === 0) throw new Error('it is truncated');
        }
        const from = at - this.#start;
        done += this.#block.copy(buffer, offset + done, from, Math.min(this.#length, from + length - done));
      }
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    callback(failure);
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

function describeArchiveFailure(path: string, error: Error): Error {
  if (error instanceof DecantError) return error;
  if (/^(absolute path|invalid relative path|invalid characters in fileName)/.test(error.message))
    return unsafe(path, `an entry would be written outside of it (${error.message})`);
  return new DecantError(
    'dataset.layout',
    `${path} is not a readable .zip archive (${error.message.replace(/\.$/, '')}); create it again or give the folder itself.`,
    { path },
    { cause: error },
  );
}

function unsafe(path: string, reason: string): DecantError {
  return new DecantError(
    'dataset.unsafe',
    `${path} is refused because ${reason}; use an archive from a source that you trust.`,
    { path, reason },
  );
}
