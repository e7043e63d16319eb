import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporaryFile, removeTemporaryFiles } from '../core/atomic-file.ts';
import { isRunId, type RunId } from '../core/ids.ts';
import { ARTIFACT_FILE, selectArtifacts } from './artifacts.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { isMarkedDeleted, markDeleted, removeRunFolder, unmarkDeleted } from './deleted-mark.ts';
import { runFolder } from './paths.ts';
import { holdsAnything, isUpToDate, listRunFolders } from './reconcile.ts';
import { lockRun, tryLockRun } from './run-lock.ts';
import { findRun, unknownRun } from './runs-queries.ts';

/**
 * Deletes a run, hidden or not: its folder is marked, its rows go in one transaction, then the folder. Wherever that is cut off,
 * the mark tells `removeOrphans` to go on, and nobody to restore the run. Touches nothing outside the home's `runs` folder.
 *
 * @throws DecantError `run.unknown`; `run.busy` while a process works on it
 */
export async function deleteRun({ db, home }: { db: WritableDb; home: string }, id: string): Promise<void> {
  const run = db.prepare<[string], RunId>('SELECT id FROM runs WHERE id = ?').pluck().get(id);
  if (run === undefined || !isRunId(run)) throw unknownRun(id);
  const lock = lockRun(home, run);
  try {
    markDeleted(home, run);
    try {
      deleteRow(db, run);
    } catch (error) {
      unmarkDeleted(home, run);
      throw error;
    }
  } finally {
    lock.release();
  }
  removeRunFolder(home, run);
}

function deleteRow(db: WritableDb, run: RunId): void {
  db.prepare('DELETE FROM runs WHERE id = ?').run(run);
}

/**
 * Takes a run back that came to nothing because its input was bad: its row, its folder, and its dataset's row where it was
 * only known for this run's sake.
 */
export async function discardRun(store: { db: WritableDb; home: string }, run: RunId): Promise<void> {
  const { dataset } = findRun(store.db, run);
  await deleteRun(store, run);
  store.db
    .prepare(
      `DELETE FROM datasets WHERE id = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE dataset = datasets.id)
         AND NOT EXISTS (SELECT 1 FROM inspections WHERE dataset = datasets.id)`,
    )
    .run(dataset);
}

/**
 * Removes what killed processes left: temporary files, artifact files that neither a row nor a record lists, empty folders of
 * runs that never began, and what is left of deleted runs. Leaves alone runs that a process works on, folders that hold
 * anything of a run that the store does not know, and every file that is not of Decant's making. Call `reconcileRuns` first:
 * of a run whose record is not of the same moment as its row no artifact file goes.
 */
export async function removeOrphans(store: { db: WritableDb; home: string }): Promise<void> {
  const { db, home } = store;
  await removeTemporaryFiles(home);
  const exists = db.prepare<[string], number>('SELECT 1 FROM runs WHERE id = ?').pluck();
  for (const run of listRunFolders(home)) {
    const deleted = isMarkedDeleted(home, run);
    const known = exists.get(run) !== undefined;
    // Most runs have nothing to remove; their locks are left alone, for whoever wants them now.
    if (!deleted && known && (await listUnlistedFiles(store, run)).length === 0) continue;
    if (!deleted && !known && holdsAnything(home, run)) continue;
    const lock = tryLockRun(home, run);
    if (!lock) continue;
    try {
      if (deleted) deleteRow(db, run);
      if (deleted || (exists.get(run) === undefined && !holdsAnything(home, run))) removeRunFolder(home, run);
      else for (const path of await listUnlistedFiles(store, run)) await rm(path, { force: true });
    } finally {
      lock.release();
    }
  }
}

/** Paths of a run's temporary files and, where row and record are of one moment, of its artifact files without a row. */
async function listUnlistedFiles(store: { db: ReadableDb; home: string }, run: RunId): Promise<string[]> {
  const folder = runFolder(store.home, run);
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const listed = new Set(selectArtifacts(store.db, run).map((artifact) => artifact.path));
  const upToDate = isUpToDate(store, run);
  return entries
    .filter(
      ({ name, parentPath }) =>
        isTemporaryFile(name) || (upToDate && parentPath === folder && ARTIFACT_FILE.test(name) && !listed.has(name)),
    )
    .map(({ name, parentPath }) => join(parentPath, name));
}
