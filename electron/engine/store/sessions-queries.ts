import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';

/** One process that worked on a run: what it computed with, and how much memory it took. */
export interface SessionRecord {
  /** From 1, in their order. */
  session: number;
  backend: string;
  device: string;
  threads: number;
  precision: string;
  begunAtMs: number;
  /** Largest resident memory that was told of, bytes: after a kill, as it was at the last checkpoint. */
  peakMemoryBytes: number;
}

/** Notes that a process takes a run up, and gives its number. */
export function startSession(
  db: WritableDb,
  run: RunId,
  session: Omit<SessionRecord, 'session' | 'peakMemoryBytes'>,
): number {
  const { backend, device, threads, precision, begunAtMs } = session;
  return db
    .prepare<unknown[], number>(
      `INSERT INTO sessions (run, session, backend, device, threads, precision, begun_at, peak_memory_bytes)
       VALUES (?, (SELECT coalesce(max(session), 0) + 1 FROM sessions WHERE run = ?), ?, ?, ?, ?, ?, 0)
       RETURNING session`,
    )
    .pluck()
    .get(run, run, backend, device, threads, precision, begunAtMs)!; // RETURNING gives a row for every insertion.
}

/** Raises what is known of the memory of the process that works on a run now; nothing where none has begun. */
export function notePeakMemory(db: WritableDb, run: RunId, peakMemoryBytes: number): void {
  db.prepare(
    `UPDATE sessions SET peak_memory_bytes = max(peak_memory_bytes, ?)
     WHERE run = ? AND session = (SELECT max(session) FROM sessions WHERE run = ?)`,
  ).run(peakMemoryBytes, run, run);
}

/** In their order. */
export function selectSessions(db: ReadableDb, run: RunId): SessionRecord[] {
  return db
    .prepare<[string], SessionRecord>(
      `SELECT session, backend, device, threads, precision, begun_at AS begunAtMs, peak_memory_bytes AS peakMemoryBytes
       FROM sessions WHERE run = ? ORDER BY session`,
    )
    .all(run);
}
