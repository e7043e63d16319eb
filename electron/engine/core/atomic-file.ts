import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DecantError } from './errors.ts';
import { makeFolder } from './make-folder.ts';

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

export interface WrittenFile {
  path: string;
  sizeBytes: number;
  sha256: string;
}

/**
 * Writes a file so that a reader sees the old content or the new one, never a part: temporary file in the same folder,
 * fsync, rename, fsync of the folder. Makes the folder when it is missing; leaves no temporary file behind on failure.
 *
 * @throws DecantError `disk.full`, `disk.failed` or `output.unwritable`
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<WrittenFile> {
  const folder = dirname(path);
  const temporary = temporaryBeside(path);
  const parts =
    typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    makeFolder(folder);
    const file = await open(temporary, 'wx');
    try {
      for (const part of parts) {
        await file.writeFile(part);
        hash.update(part);
        sizeBytes += part.byteLength;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw describeWriteFailure(path, error);
  }
  return { path, sizeBytes, sha256: hash.digest('hex') };
}

/**
 * The same for a short text beside a store's rows, which are written without waiting too. Throws as `writeFileAtomically`.
 *
 * @param options `flush: false`: a power cut may leave the file empty, which is for what can be made again, and for many
 */
export function writeFileAtomicallySync(path: string, content: string, { flush = true } = {}): void {
  const folder = dirname(path);
  const temporary = temporaryBeside(path);
  try {
    makeFolder(folder);
    writeFileSync(temporary, content, { flag: 'wx', flush });
    renameSync(temporary, path);
    if (!flush || process.platform === 'win32') return; // As in syncFolder.
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // It is told why it could not be written; the next start takes away what is left.
    }
    throw describeWriteFailure(path, error);
  }
}

/** A name beside a file for what is to become it; `isTemporaryFile` knows it. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 120)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** Whether a file is called like those that atomic writes begin with. */
export function isTemporaryFile(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Removes what a killed process left of its atomic writes in one folder. */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.filter(isTemporaryFile).map((name) => rm(join(folder, name), { force: true })));
}

/** Makes sure that names given or taken in a folder outlive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Folders cannot be opened there; NTFS journals the rename.
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const REMOVALS: ReadonlySet<string> = new Set(['rm', 'rmdir', 'unlink']);
const CHANGES: ReadonlySet<string> = new Set([
  ...REMOVALS,
  'fdatasync',
  'fsync',
  'ftruncate',
  'link',
  'mkdir',
  'rename',
  'write',
]);

/**
 * Turns an error of the file system that nobody turned into a sentence before into one about its path, where it was about a
 * change, or the disk is full or fails; passes on any other.
 */
export function describeFileFailure<Thrown>(error: Thrown): Thrown | Error {
  if (error instanceof DecantError || !(error instanceof Error)) return error;
  const { code, syscall = '', path }: NodeJS.ErrnoException = error; // Node's have them, others give undefined.
  const ofDisk = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO';
  return path !== undefined && (ofDisk || CHANGES.has(syscall)) ? describeWriteFailure(path, error) : error;
}

/** Turns an error of the file system into one sentence about what could not be written. */
export function describeWriteFailure(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code; // Errors of node:fs carry a code; others give undefined.
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new DecantError(
      'disk.full',
      `There is no space left to write ${path}; free some space, then try again.`,
      { path },
      { cause: error },
    );
  if (code === 'EIO')
    return new DecantError(
      'disk.failed',
      `The disk reported an error when ${path} was written; check the disk, then try again.`,
      { path, code },
      { cause: error },
    );
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  const { syscall = '' } = error as NodeJS.ErrnoException; // It has a code.
  const reason =
    {
      EACCES: 'permission is denied',
      EPERM: 'permission is denied',
      EROFS: 'the file system is read-only',
      ENOTDIR: 'part of the path is a file',
      EEXIST: 'part of the path is a file',
      ENOENT: 'its folder cannot be created', // What /proc says.
      EISDIR: 'it is a folder',
      ENAMETOOLONG: 'the name is too long',
    }[code] ?? code;
  return new DecantError(
    'output.unwritable',
    REMOVALS.has(syscall)
      ? `Cannot remove ${path}: ${reason}; remove it yourself, or choose another place.`
      : `Cannot write ${path}: ${reason}; choose another place.`,
    { path, code },
    { cause: error },
  );
}
