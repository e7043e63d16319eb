import { FINISH_PLACE_FORM, type FinishPlace } from '../../../shared/stored/run-forms.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { fromStoredText, toStoredText } from './stored-json.ts';

/** Notes that a run shall train no further than it needs, for whichever process works on it. */
export function askToFinish(db: WritableDb, run: RunId): void {
  db.prepare('UPDATE runs SET finish_asked = 1 WHERE id = ?').run(run);
}

/** Keeps where in its plan that took effect. */
export function saveFinishPlace(db: WritableDb, run: RunId, place: FinishPlace): void {
  db.prepare('UPDATE runs SET finish_place = ? WHERE id = ?').run(toStoredText(FINISH_PLACE_FORM, place), run);
}

/** Whether a run was asked to finish early, and where that took effect; null: nowhere yet. */
export function readFinish(db: ReadableDb, run: RunId): { asked: boolean; place: FinishPlace | null } {
  const row = db
    .prepare<[string], { asked: number; place: string | null }>(
      'SELECT finish_asked AS asked, finish_place AS place FROM runs WHERE id = ?',
    )
    .get(run);
  return {
    asked: row?.asked === 1,
    place: row?.place ? fromStoredText(FINISH_PLACE_FORM, row.place, `Run ${run}`) : null,
  };
}
