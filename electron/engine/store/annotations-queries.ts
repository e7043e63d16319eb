import type { RunId } from '../core/ids.ts';
import type { WritableDb } from './connection.ts';
import { searchText, unknownRun } from './runs-queries.ts';

/** What people write about a run. */
export interface Annotation {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Changes what is given of a run's name, note and tags. @throws DecantError `run.unknown` */
export function annotateRun(db: WritableDb, id: RunId, { name, note, tags }: Annotation): void {
  db.transaction(() => {
    const before = db
      .prepare<[string], { name: string; note: string; datasetName: string }>(
        `SELECT runs.name, runs.note, datasets.name AS datasetName
         FROM runs JOIN datasets ON datasets.id = runs.dataset WHERE runs.id = ? AND runs.deleted_at IS NULL`,
      )
      .get(id);
    if (!before) throw unknownRun(id);
    if (tags) {
      db.prepare('DELETE FROM run_tags WHERE run = ?').run(id);
      const insert = db.prepare('INSERT OR IGNORE INTO run_tags (run, tag) VALUES (?, ?)');
      for (const tag of tags) insert.run(id, tag);
    }
    const kept = db.prepare<[string], string>('SELECT tag FROM run_tags WHERE run = ?').pluck().all(id);
    const now = { name: name ?? before.name, note: note ?? before.note };
    db.prepare('UPDATE runs SET name = ?, note = ?, search = ? WHERE id = ?').run(
      now.name,
      now.note,
      searchText(now.name, now.note, kept, before.datasetName),
      id,
    );
  })();
}

/** Hides a run, as long as it is not purged, from everything but `restoreHiddenRun`; it waits for nothing any more. */
export function hideRun(db: WritableDb, id: RunId, nowMs: number): void {
  db.prepare('UPDATE runs SET deleted_at = ? WHERE id = ?').run(nowMs, id);
}

/** Brings a hidden run back. @throws DecantError `run.unknown` when it was purged */
export function restoreHiddenRun(db: WritableDb, id: string): void {
  const { changes } = db.prepare('UPDATE runs SET deleted_at = NULL WHERE id = ?').run(id);
  if (changes === 0) throw unknownRun(id);
}

/** Runs that were hidden at that time or before. */
export function selectHiddenRuns(db: WritableDb, atMs: number): RunId[] {
  return db.prepare<[number], RunId>('SELECT id FROM runs WHERE deleted_at <= ?').pluck().all(atMs);
}
