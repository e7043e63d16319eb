import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { makeFolder } from '../core/make-folder.ts';
import type { WritableDb } from './connection.ts';
import { backupsFolder } from './paths.ts';

/** Backups that are kept, the newest. */
const KEPT = 3;
/** A backup takes seconds, of the largest stores minutes. */
const ABANDONED_MS = 3_600_000;
/** Their names begin with the date, so that they sort by it. */
const BACKUP_FILE = /^decant-[0-9T-]+-v\d+\.sqlite$/;

/**
 * Copies a store, before it is migrated, to `backups` in its home, whole or not at all, and removes all but the newest.
 *
 * @param version that it has
 * @throws DecantError `output.unwritable`; SQLite's error, for `describeStoreFailure`
 */
export function backUp(db: WritableDb, home: string, { version, nowMs }: { version: number; nowMs: number }): void {
  const folder = backupsFolder(home);
  const date = new Date(nowMs).toISOString().replace(/\..*$/, '').replaceAll(':', '-');
  const path = join(folder, `decant-${date}-v${version}.sqlite`);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeFolder(folder);
    removeAbandoned(folder, nowMs);
    db.prepare('VACUUM INTO ?').run(temporary);
    renameSync(temporary, path);
    const backups = readdirSync(folder).filter((name) => BACKUP_FILE.test(name));
    for (const name of backups.sort().slice(0, -KEPT)) rmSync(join(folder, name), { force: true });
  } catch (error) {
    rmSync(temporary, { force: true });
    throw isSqliteError(error) ? error : describeWriteFailure(path, error);
  }
}

/** Removes what killed processes left; another one may be at its own. */
function removeAbandoned(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.tmp'))) {
    const stats = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stats && nowMs - stats.mtimeMs > ABANDONED_MS) rmSync(join(folder, name), { force: true });
  }
}

function isSqliteError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_');
}
