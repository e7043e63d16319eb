import { isDeepStrictEqual } from 'node:util';
import type { RunRecordBody } from '../../../shared/stored/run-record-form.ts';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { readRunRecord, readRunRows, recordPath } from './run-record.ts';
import { checkFigures, damagedRow, parseSealed } from './stored-json.ts';

interface StoreOfRuns {
  readonly db: ReadableDb;
  readonly home: string;
}

/**
 * Makes sure that a run's rows are what was written: by their sums, and by the record in its folder where that is of the same
 * moment. Its curves are checked where they are read.
 *
 * @throws DecantError `store.unreadable`
 */
export function requireUndamaged({ db, home }: StoreOfRuns, run: RunId): void {
  const owner = `Run ${run}`;
  const rows = readRunRows(db, run);
  checkColumns(db, run, owner);
  const reading = readRunRecord(home, run);
  if (!rows || !reading?.ok || reading.record.revision !== rows.revision) return;
  // A dataset's split and classes may have been written anew for another run; they have sums of their own.
  const compared = ({ split: _, dataset: { classes: __, ...dataset }, ...body }: RunRecordBody) => ({
    ...body,
    dataset,
  });
  if (!isDeepStrictEqual(compared(rows.body), compared(reading.record.run)))
    throw damagedRow(owner, `its rows say something else than ${recordPath(home, run)}`);
}

/** What of a run's rows is not as it was written, in one sentence; null: all is, or there is no such run. */
export function findDamage(store: StoreOfRuns, run: RunId): string | null {
  try {
    requireUndamaged(store, run);
    for (const [, point] of selectPointTexts(store.db, run)) parseSealed(point, `Run ${run}`);
    return null;
  } catch (error) {
    if (error instanceof DecantError && error.code === 'store.unreadable') return error.message;
    throw error;
  }
}

/** All runs of a store with damaged rows. */
export function findDamagedRuns(store: StoreOfRuns): RunId[] {
  const runs = store.db.prepare<[], RunId>('SELECT id FROM runs ORDER BY id').pluck().all();
  return runs.filter((run) => findDamage(store, run) !== null);
}

/** Removes points of a run's curves that are not as they were written: no record repeats them. */
export function removeDamagedPoints(db: WritableDb, run: RunId): void {
  const remove = db.prepare('DELETE FROM step_points WHERE run = ? AND network = ? AND step = ?');
  for (const [{ network, step }, point] of selectPointTexts(db, run)) {
    try {
      parseSealed(point, `Run ${run}`);
    } catch {
      remove.run(run, network, step);
    }
  }
}

function checkColumns(db: ReadableDb, run: RunId, owner: string): void {
  type Figures = [sum: string | null, ...figures: (number | null)[]];
  const check = ([sum, ...figures]: Figures) => checkFigures(figures, sum, owner);
  const row = db
    .prepare<[string], Figures>(
      `SELECT figures_sum, student_top1, teacher_top1, flops_reduction, student_macs, student_parameters FROM runs
       WHERE id = ?`,
    )
    .raw()
    .get(run);
  if (row) check(row);
  const models = db
    .prepare<[string], Figures>('SELECT figures_sum, parameters, macs, top1 FROM models WHERE run = ?')
    .raw()
    .all(run);
  models.forEach(check);
  const facts = db.prepare<[string], string>('SELECT facts FROM models WHERE run = ?').pluck().all(run);
  for (const text of facts) parseSealed(text, owner);
}

function selectPointTexts(db: ReadableDb, run: RunId): [{ network: string; step: number }, string][] {
  return db
    .prepare<[string], { network: string; step: number; point: string }>(
      'SELECT network, step, point FROM step_points WHERE run = ?',
    )
    .all(run)
    .map(({ point, ...key }) => [key, point]);
}
