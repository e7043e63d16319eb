import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';

export interface LogLine {
  atMs: number;
  level: 'info' | 'warning' | 'error';
  text: string;
}

/** Lines of a run that are kept, the newest. */
export const KEPT_LINES = 2000;

export function appendLog(db: WritableDb, run: RunId, { atMs, level, text }: LogLine): void {
  const line = db
    .prepare<unknown[], number>(
      `INSERT INTO run_log (run, line, at, level, text)
       VALUES (?, (SELECT coalesce(max(line), 0) + 1 FROM run_log WHERE run = ?), ?, ?, ?) RETURNING line`,
    )
    .pluck()
    .get(run, run, atMs, level, text)!; // RETURNING gives a row for every insertion.
  db.prepare('DELETE FROM run_log WHERE run = ? AND line <= ?').run(run, line - KEPT_LINES);
}

/** Oldest first. */
export function selectLog(db: ReadableDb, run: RunId): LogLine[] {
  return db
    .prepare<[string], LogLine>('SELECT at AS atMs, level, text FROM run_log WHERE run = ? ORDER BY line')
    .all(run);
}
