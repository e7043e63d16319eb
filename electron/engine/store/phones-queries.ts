import type { PhoneMeasurement } from '../../../shared/run/phone-measurement.ts';
import { PHONE_FORM } from '../../../shared/stored/run-forms.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { fromStoredText, toStoredText } from './stored-json.ts';

/** What phones measured of a run, oldest first, without what was removed. @throws DecantError `store.newer`, `store.unreadable` */
export function selectPhones(db: ReadableDb, run: RunId): PhoneMeasurement[] {
  return selectPhoneTexts(db, run).map((facts) => fromStoredText(PHONE_FORM, facts, `Run ${run}`));
}

/** The same as the store holds it. */
export function selectPhoneTexts(db: ReadableDb, run: RunId): string[] {
  return db
    .prepare<[string], string>(
      'SELECT facts FROM phone_measurements WHERE run = ? AND removed_at IS NULL ORDER BY measured_at, id',
    )
    .pluck()
    .all(run);
}

/** Keeps a phone's measurement; one of the same id is replaced. */
export function savePhone(db: WritableDb, run: RunId, measurement: PhoneMeasurement): void {
  db.prepare(
    `INSERT INTO phone_measurements (id, run, measured_at, facts) VALUES (@id, @run, @at, @facts)
     ON CONFLICT (id) DO UPDATE SET facts = excluded.facts`,
  ).run({
    id: measurement.id,
    run,
    at: Date.parse(measurement.measuredAt),
    facts: toStoredText(PHONE_FORM, measurement),
  });
}

/** Takes a measurement away, or brings it back with null. */
export function markPhoneRemoved(db: WritableDb, run: RunId, id: string, removedAtMs: number | null): void {
  db.prepare('UPDATE phone_measurements SET removed_at = ? WHERE run = ? AND id = ?').run(removedAtMs, run, id);
}
