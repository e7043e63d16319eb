import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWriteFailure, isTemporaryFile, removeTemporaryFiles } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { isRunId, type RunId } from '../core/ids.ts';
import { ARTIFACT_FILE, selectArtifacts } from './artifacts.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { runFolder, runsFolder } from './paths.ts';
import { lockRun } from './run-lock.ts';
import { findRun, unknownRun } from './runs-queries.ts';

/**
 * Deletes a run, hidden or not: its rows in one transaction, then its folder. Between the two the folder is an orphan, which
 * `removeOrphans` takes. Touches nothing outside the home's `runs` folder.
 *
 * @throws DecantError `run.unknown`; `run.busy` while a process works on it
 */
export async function deleteRun({ db, home }: { db: WritableDb; home: string }, id: string): Promise<void> {
  const run = db.prepare<[string], RunId>('SELECT id FROM runs WHERE id = ?').pluck().get(id);
  if (run === undefined || !isRunId(run)) throw unknownRun(id);
  const lock = lockRun(home, run);
  try {
    db.prepare('DELETE FROM runs WHERE id = ?').run(run);
  } finally {
    lock.release();
  }
  await removeFolder(runFolder(home, run));
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
 * Removes what killed processes left: temporary files, artifact files without a row, folders of runs without a row.
 * Leaves alone runs that a process works on, and every file that is not of Decant's making.
 */
export async function removeOrphans({ db, home }: { db: WritableDb; home: string }): Promise<void> {
  await removeTemporaryFiles(home);
  const names = await readdir(runsFolder(home)).catch(() => []);
  const exists = db.prepare<[string], number>('SELECT 1 FROM runs WHERE id = ?').pluck();
  for (const name of names) {
    if (!isRunId(name)) continue;
    // Most runs have nothing to remove; their locks are left alone, for whoever wants them now.
    if (exists.get(name) !== undefined && (await listUnlistedFiles({ db, home }, name)).length === 0) continue;
    await unlessBusy(home, name, async () => {
      if (exists.get(name) === undefined) return removeFolder(runFolder(home, name));
      for (const path of await listUnlistedFiles({ db, home }, name)) await rm(path, { force: true });
    });
  }
}

/** Paths of a run's temporary files and of its artifact files without a row. */
async function listUnlistedFiles({ db, home }: { db: ReadableDb; home: string }, run: RunId): Promise<string[]> {
  const folder = runFolder(home, run);
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const listed = new Set(selectArtifacts(db, run).map((artifact) => artifact.path));
  return entries
    .filter(
      ({ name, parentPath }) =>
        isTemporaryFile(name) || (parentPath === folder && ARTIFACT_FILE.test(name) && !listed.has(name)),
    )
    .map(({ name, parentPath }) => join(parentPath, name));
}

async function unlessBusy(home: string, run: RunId, work: () => Promise<void>): Promise<void> {
  let lock: ReturnType<typeof lockRun>;
  try {
    lock = lockRun(home, run, { waitMs: 0 });
  } catch (error) {
    if (error instanceof DecantError && error.code === 'run.busy') return;
    throw error;
  }
  try {
    await work();
  } finally {
    lock.release();
  }
}

async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw describeWriteFailure(path, error);
  }
}
