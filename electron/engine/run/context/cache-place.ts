import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWriteFailure } from '../../core/atomic-file.ts';
import { makeFolder } from '../../core/make-folder.ts';
import { cacheFolder } from '../../store/index.ts';

/**
 * Does some work with a folder for decoded images: the home's, or one among the system's temporary files where the home cannot
 * be written, which is removed afterwards.
 *
 * @throws DecantError `output.unwritable` where neither can be written; what the work throws
 */
export async function withCacheFolder<T>(home: string, work: (folder: string) => Promise<T>): Promise<T> {
  const kept = cacheFolder(home);
  if (await isWritable(kept)) return work(kept);
  const folder = await mkdtemp(join(tmpdir(), 'decant-cache-')).catch((error: unknown) => {
    throw describeWriteFailure(tmpdir(), error);
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    makeFolder(folder);
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
