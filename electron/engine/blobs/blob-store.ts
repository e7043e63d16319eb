import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  describeWriteFailure,
  isTemporaryFile,
  syncFolder,
  temporaryBeside,
  writeFileAtomically,
} from '../core/atomic-file.ts';
import type { Clock } from '../core/clock.ts';
import { DecantError } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';

/** Temporary files this old belong to a process that was killed: nobody writes one file for a day. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** Whether a text has the form of a blob's name, and so is safe as the name of a file. */
export function isBlobHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/**
 * Bytes by their SHA-256, in a folder that several machines may share. A blob is there whole or not at all: it is written under
 * a temporary name, flushed, and renamed. Every reading checks the hash, so a damaged blob is never used, and whoever writes
 * the same bytes again repairs it.
 *
 * Beside the blobs the folder has names, each of which points to one blob for ever: what was computed for a question.
 */
export class BlobStore {
  readonly folder: string;

  /** Nothing is made until something is written. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Where a blob lies, or would lie. @throws TypeError for what is not a hash */
  pathOf(sha256: string): string {
    if (!isBlobHash(sha256)) throw new TypeError(`Not the hash of a blob: ${JSON.stringify(sha256)}`);
    return join(this.folder, 'blobs', sha256.slice(0, 2), sha256);
  }

  /**
   * Keeps bytes, and gives their SHA-256. Where they lie already, they are only checked.
   *
   * @throws DecantError `disk.full`, `disk.failed` or `output.unwritable`
   */
  async put(content: Uint8Array | string): Promise<string> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = this.pathOf(sha256);
    if (!(await this.#isWhole(path, sha256, bytes.byteLength))) await writeFileAtomically(path, bytes);
    return sha256;
  }

  /**
   * Keeps the content of a file of any size, read piece by piece, and gives its SHA-256.
   *
   * @throws the file system's error when the file cannot be read; DecantError as `put`
   */
  async putFile(source: string): Promise<string> {
    const sha256 = await hashFile(source);
    const path = this.pathOf(sha256);
    const { size } = await stat(source);
    if (await this.#isWhole(path, sha256, size)) return sha256;
    const copied = await copyAtomically(source, path);
    // Whoever changed it meanwhile wrote other bytes under this name: nobody may find them there.
    if (copied === sha256) return sha256;
    await rm(path, { force: true });
    throw new DecantError('dataset.changed', `${source} was changed while it was read; try again.`, { path: source });
  }

  /** Whether a blob is there, whole or not. */
  async has(sha256: string): Promise<boolean> {
    return (await sizeOf(this.pathOf(sha256))) !== null;
  }

  /**
   * A blob's bytes.
   *
   * @throws DecantError `blob.missing`, `blob.damaged`
   */
  async get(sha256: string): Promise<Buffer> {
    const path = this.pathOf(sha256);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw describeReadFailure(path, sha256, error);
    });
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw damaged(path, sha256);
    return bytes;
  }

  /**
   * Copies a blob to a file, which has its name only once it is whole and what it should be.
   *
   * @param options `flush: false`: a power cut may leave the file empty, which is for many that are checked again before use
   * @throws DecantError `blob.missing`, `blob.damaged`, `disk.full`, `disk.failed` or `output.unwritable`
   */
  async copyTo(sha256: string, target: string, { flush = true } = {}): Promise<void> {
    const path = this.pathOf(sha256);
    if ((await sizeOf(path)) === null) throw missing(path, sha256);
    if ((await copyAtomically(path, target, { flush })) === sha256) return;
    await rm(target, { force: true });
    throw damaged(path, sha256);
  }

  /**
   * Points a name to a blob, unless it points to one already: of several that compute the same, the first counts.
   *
   * @returns the blob that the name points to from now on
   * @throws DecantError `disk.full`, `disk.failed` or `output.unwritable`
   */
  async name(name: string, sha256: string): Promise<string> {
    this.pathOf(sha256);
    const path = this.#nameFile(name);
    const former = await this.resolve(name);
    if (former !== null) return former;
    const temporary = temporaryBeside(path);
    try {
      makeFolder(dirname(path));
      await writeFile(temporary, sha256, { flag: 'wx', flush: true });
      // Unlike a rename, a link never replaces. Where the file system has none, the last of two that arrive together counts.
      await link(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') await this.#replaceUnreadable(name, temporary, path);
        else await rename(temporary, path);
      });
      await syncFolder(dirname(path));
    } catch (error) {
      throw describeWriteFailure(path, error);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
    return (await this.resolve(name)) ?? sha256;
  }

  /** The blob that a name points to; null where it points to none, or to one that is gone. */
  async resolve(name: string): Promise<string | null> {
    const text = await readFile(this.#nameFile(name), 'utf8').catch(() => '');
    return isBlobHash(text) && (await this.has(text)) ? text : null;
  }

  /** Lets a name point to nothing. */
  async forget(name: string): Promise<void> {
    await rm(this.#nameFile(name), { force: true });
  }

  /** Removes what processes that were killed left of their writing. What others are writing now stays. */
  async removeAbandoned(clock: Clock): Promise<void> {
    for (const part of ['blobs', 'names'])
      for (const inner of await readdir(join(this.folder, part)).catch(() => []))
        for (const file of await readdir(join(this.folder, part, inner)).catch(() => [])) {
          if (!isTemporaryFile(file)) continue;
          const path = join(this.folder, part, inner, file);
          const found = await stat(path).catch(() => null);
          if (found && clock.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
        }
  }

  #nameFile(name: string): string {
    if (!isBlobHash(name)) throw new TypeError(`Not a name in a blob store: ${JSON.stringify(name)}`);
    return join(this.folder, 'names', name.slice(0, 2), name);
  }

  /** A name whose file is damaged, or whose blob is gone, is given anew. */
  async #replaceUnreadable(name: string, temporary: string, path: string): Promise<void> {
    if ((await this.resolve(name)) === null) await rename(temporary, path);
  }

  /** Whether a blob lies there and is what its name says. */
  async #isWhole(path: string, sha256: string, bytes: number): Promise<boolean> {
    if ((await sizeOf(path)) !== bytes) return false;
    return (await hashFile(path).catch(() => null)) === sha256;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Copies a file as `writeFileAtomically` writes one, and gives the SHA-256 of what was copied. */
async function copyAtomically(source: string, target: string, { flush = true } = {}): Promise<string> {
  const temporary = join(dirname(target), `.copy.${randomBytes(6).toString('hex')}.tmp`);
  const hash = createHash('sha256');
  let reading = true;
  try {
    makeFolder(dirname(target));
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of createReadStream(source, { highWaterMark: 2 ** 20 })) {
        hash.update(chunk);
        reading = false;
        await file.writeFile(chunk);
        reading = true;
      }
      reading = false;
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    if (flush) await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw reading ? error : describeWriteFailure(target, error);
  }
  return hash.digest('hex');
}

function describeReadFailure(path: string, sha256: string, error: NodeJS.ErrnoException): Error {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? missing(path, sha256) : damaged(path, sha256, error);
}

function missing(path: string, sha256: string): DecantError {
  const message = `The blob store has no ${path}; give the folder with --blobs that the sweep was given, or start the sweep again.`;
  return new DecantError('blob.missing', message, { path, sha256 });
}

function damaged(path: string, sha256: string, cause?: unknown): DecantError {
  const message = `${path} in the blob store is damaged; start the sweep again, which writes it anew.`;
  return new DecantError('blob.damaged', message, { path, sha256 }, { cause });
}
