import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWriteFailure, removeTemporaryFiles } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { isRunId, type RunId } from '../core/ids.ts';
import { ARTIFACT_FILE, selectArtifacts } from './artifacts.ts';
import type { WritableDb } from './database.ts';
import { runFolder, runsFolder } from './paths.ts';
import { lockRun } from './run-lock.ts';
import { findRun, unknownRun } from './runs-queries.ts';

/**
 * Deletes a run: its rows in one transaction, then its folder. Between the two the folder is an orphan, which
 * `removeOrphans` takes. Touches nothing outside the home's `runs` folder.
 *
 * @throws DecantError `run.unknown`; `run.busy` while a process works on it
 */
export async function deleteRun({ db, home }: { db: WritableDb; home: string }, id: string): Promise<void> {
  const run = findRun(db, id).id;
  if (!isRunId(run)) throw unknownRun(id);
  const lock = lockRun(home, run);
  try {
    db.prepare('DELETE FROM runs WHERE id = ?').run(run);
  } finally {
    lock.release();
  }
  await removeFolder(runFolder(home, run));
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
    await unlessBusy(home, name, async () => {
      if (exists.get(name) === undefined) return removeFolder(runFolder(home, name));
      await removeUnlistedFiles({ db, home }, name);
    });
  }
}

async function removeUnlistedFiles({ db, home }: { db: WritableDb; home: string }, run: RunId): Promise<void> {
  const folder = runFolder(home, run);
  const listed = new Set(selectArtifacts(db, run).map((artifact) => artifact.path));
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []))
    if (entry.isDirectory()) await removeTemporaryFiles(join(entry.parentPath, entry.name));
  await removeTemporaryFiles(folder);
  for (const name of await readdir(folder).catch(() => []))
    if (ARTIFACT_FILE.test(name) && !listed.has(name)) await rm(join(folder, name), { force: true });
}

async function unlessBusy(home: string, run: RunId, work: () => Promise<void>): Promise<void> {
  let lock: ReturnType<typeof lockRun>;
  try {
    lock = lockRun(home, run);
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
