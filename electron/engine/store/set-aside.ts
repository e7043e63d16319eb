import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describeWriteFailure } from '../core/atomic-file.ts';
import type { RunId } from '../core/ids.ts';
import type { WritableDb } from './connection.ts';
import { storePath } from './paths.ts';

/** What SQLite keeps beside a database. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/**
 * Gives a store another name in its home, with the date, so that a new one can take its place. Deletes nothing.
 *
 * @returns its new path
 * @throws DecantError `output.unwritable`
 */
export function setStoreAside(home: string, nowMs: number): string {
  const path = storePath(home);
  const date = new Date(nowMs).toISOString().replace(/\..*$/, '').replaceAll(':', '-');
  const free = (number: number): string => {
    const aside = join(home, `decant-set-aside-${date}${number > 1 ? `-${number}` : ''}.sqlite`);
    return existsSync(aside) ? free(number + 1) : aside;
  };
  const aside = free(1);
  try {
    for (const companion of COMPANIONS)
      if (existsSync(`${path}${companion}`)) renameSync(`${path}${companion}`, `${aside}${companion}`);
    renameSync(path, aside);
  } catch (error) {
    throw describeWriteFailure(aside, error);
  }
  return aside;
}

/** Takes curves and logs of known runs, which no record repeats, over from a store that was set aside, as far as it can be read. */
export function takeOverCurves(db: WritableDb, aside: string): void {
  const attempt = (work: () => void): boolean => {
    try {
      work();
      return true;
    } catch {
      return false; // It was set aside because it is damaged.
    }
  };
  if (!attempt(() => db.prepare('ATTACH ? AS former').run(aside))) return;
  const runs = db.prepare<[], RunId>('SELECT id FROM runs').pluck().all();
  for (const run of runs)
    for (const table of ['step_points', 'run_log'])
      attempt(() => db.prepare(`INSERT OR IGNORE INTO ${table} SELECT * FROM former.${table} WHERE run = ?`).run(run));
  db.exec('DETACH former');
}
