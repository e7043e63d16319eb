import { DecantError } from '../core/errors.ts';
import type { DatasetId, RunId } from '../core/ids.ts';
import type { WritableDb } from './connection.ts';
import { deleteDataset } from './datasets-queries.ts';
import { isRunLocked } from './run-lock.ts';
import { writeRunRecord } from './run-record.ts';

/**
 * Makes the runs of one dataset those of another, which has the same images at another place, with the splits of its images;
 * the first is forgotten. Hidden runs move, too.
 *
 * @returns the runs that moved, without those that are hidden
 * @throws DecantError `run.busy` where a process works on one of them; nothing is changed then
 */
export function moveRuns({ db, home }: { db: WritableDb; home: string }, from: DatasetId, to: DatasetId): RunId[] {
  if (from === to) return [];
  const runs = db
    .prepare<[string], { id: RunId; hidden: number }>(
      'SELECT id, deleted_at IS NOT NULL AS hidden FROM runs WHERE dataset = ?',
    )
    .all(from);
  const busy = runs.find(({ id }) => isRunLocked(home, id));
  if (busy)
    throw new DecantError('run.busy', `The run ${busy.id} uses this dataset; wait for it to end, or stop it.`, {
      run: busy.id,
    });
  db.transaction(() => {
    db.prepare(
      `INSERT INTO splits (dataset, settings, assignment, sum)
       SELECT ?, settings, assignment, sum FROM splits WHERE dataset = ? ON CONFLICT DO NOTHING`,
    ).run(to, from);
    db.prepare('UPDATE runs SET dataset = ? WHERE dataset = ?').run(to, from);
    deleteDataset(db, from);
  })();
  for (const { id } of runs)
    try {
      writeRunRecord({ db, home }, id);
    } catch (error) {
      // The next start makes up for it.
      if (!(error instanceof DecantError)) throw error;
    }
  return runs.filter(({ hidden }) => hidden === 0).map(({ id }) => id);
}
