import type { LayerWidth, StepPoint } from '../../../shared/run/live.ts';
import { LAYERS_FORM, STEP_POINT_FORM } from '../../../shared/stored/run-forms.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { fromStoredText, toStoredText } from './stored-json.ts';

/** Points of a run's curves that are kept. */
export const KEPT_POINTS = 20_000;

/** How many points, as they are told, one that is kept stands for. */
export function readStride(db: ReadableDb, run: RunId): number {
  return db.prepare<[string], number>('SELECT step_stride FROM runs WHERE id = ?').pluck().get(run) ?? 1;
}

/**
 * Keeps points of one network's curves. Where there are too many of a run every second goes, and the stride, which it
 * gives back, doubles.
 */
export function saveStepPoints(
  db: WritableDb,
  run: RunId,
  points: readonly { readonly network: string; readonly point: StepPoint }[],
  { kept = KEPT_POINTS }: { kept?: number } = {},
): number {
  return db.transaction(() => {
    const insert = db.prepare('INSERT OR REPLACE INTO step_points (run, network, step, point) VALUES (?, ?, ?, ?)');
    for (const { network, point } of points) insert.run(run, network, point.step, toStoredText(STEP_POINT_FORM, point));
    const count = db.prepare<[string], number>('SELECT count(*) FROM step_points WHERE run = ?').pluck().get(run)!; // Always a row.
    if (count > kept) {
      db.prepare(
        `DELETE FROM step_points WHERE run = @run AND (network, step) IN (
           SELECT network, step FROM (
             SELECT network, step, row_number() OVER (PARTITION BY network ORDER BY step DESC) AS number
             FROM step_points WHERE run = @run)
           WHERE number % 2 = 0)`,
      ).run({ run });
      db.prepare('UPDATE runs SET step_stride = 2 * step_stride WHERE id = ?').run(run);
    }
    return readStride(db, run);
  })();
}

/** Deletes the points of steps that are trained again after a resume. */
export function forgetStepPoints(db: WritableDb, run: RunId, network: string, fromStep: number): void {
  db.prepare('DELETE FROM step_points WHERE run = ? AND network = ? AND step >= ?').run(run, network, fromStep);
}

/** By network, each in its order. */
export function selectStepPoints(db: ReadableDb, run: RunId): StepPoint[] {
  return db
    .prepare<[string], string>('SELECT point FROM step_points WHERE run = ? ORDER BY network, step')
    .pluck()
    .all(run)
    .map((point) => fromStoredText(STEP_POINT_FORM, point, `Run ${run}`));
}

/** Keeps the widths of the student's layers. */
export function saveLayers(db: WritableDb, run: RunId, layers: readonly LayerWidth[]): void {
  db.prepare('UPDATE runs SET layers = ? WHERE id = ?').run(toStoredText(LAYERS_FORM, [...layers]), run);
}

/** Null before its student's training has begun, and of runs from before widths were kept. */
export function readLayers(db: ReadableDb, run: RunId): LayerWidth[] | null {
  const text = db.prepare<[string], string | null>('SELECT layers FROM runs WHERE id = ?').pluck().get(run);
  return text ? fromStoredText(LAYERS_FORM, text, `Run ${run}`) : null;
}
