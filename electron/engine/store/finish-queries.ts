import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './database.ts';

/** Notes that a run shall train no further than it needs, for whichever process works on it. */
export function askToFinish(db: WritableDb, run: RunId): void {
  db.prepare('UPDATE runs SET finish_asked = 1 WHERE id = ?').run(run);
}

/** Keeps where in its plan that took effect, as plain data. */
export function saveFinishPlace(db: WritableDb, run: RunId, place: object): void {
  db.prepare('UPDATE runs SET finish_place = ? WHERE id = ?').run(JSON.stringify(place), run);
}

/** Whether a run was asked to finish early, and where that took effect, as `saveFinishPlace` kept it; null: nowhere yet. */
export function readFinish(db: ReadableDb, run: RunId): { asked: boolean; place: unknown } {
  const row = db
    .prepare<[string], { asked: number; place: string | null }>(
      'SELECT finish_asked AS asked, finish_place AS place FROM runs WHERE id = ?',
    )
    .get(run);
  return { asked: row?.asked === 1, place: row?.place ? JSON.parse(row.place) : null };
}
