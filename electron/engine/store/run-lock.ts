import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import { makeFolder } from '../core/make-folder.ts';
import { describeStoreFailure } from './database.ts';
import { runFolder } from './paths.ts';

export const LOCK_NAME = 'lock.sqlite';

/** Says that this process, and no other, works on a run. */
export interface RunLock {
  readonly run: RunId;
  release(): void;
}

/**
 * Takes a run for this process until `release`. The lock is SQLite's on an empty database in the run's folder: the
 * operating system lets go of it when the process dies, however it dies, so that no lock is ever stale.
 *
 * @param waitMs how long it waits for a process that only looks whether the run is locked, or cleans up behind a killed one
 * @throws DecantError `run.busy` when another process works on it
 */
export function lockRun(home: string, run: RunId, { waitMs = 1000 }: { waitMs?: number } = {}): RunLock {
  const folder = runFolder(home, run);
  try {
    makeFolder(folder);
  } catch (error) {
    throw describeWriteFailure(folder, error);
  }
  const path = join(folder, LOCK_NAME);
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: waitMs });
    db.pragma('journal_mode = MEMORY'); // Nothing is ever written, so that a journal would only be one more file.
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const described = describeStoreFailure(path, error);
    if (described instanceof DecantError && described.code === 'store.busy')
      throw new DecantError(
        'run.busy',
        `Another process is working on run ${run}; wait for it to finish or stop it, then run the same command again.`,
        { run },
      );
    throw described;
  }
  const held = db;
  return { run, release: () => held.close() };
}

/** The lock of a run that no process works on; null where one does. */
export function tryLockRun(home: string, run: RunId): RunLock | null {
  try {
    return lockRun(home, run, { waitMs: 0 });
  } catch (error) {
    if (error instanceof DecantError && error.code === 'run.busy') return null;
    throw error;
  }
}

/** Whether a process, this one or another, works on a run. */
export function isRunLocked(home: string, run: RunId): boolean {
  const path = join(runFolder(home, run), LOCK_NAME);
  if (!existsSync(path)) return false;
  // Reading is enough to meet the lock, and can be done where nothing can be written.
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, timeout: 0 });
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    const described = describeStoreFailure(path, error);
    if (described instanceof DecantError && described.code === 'store.busy') return true;
    if (!existsSync(path)) return false; // Deleted just now, with its run.
    throw described;
  } finally {
    db?.close();
  }
}
