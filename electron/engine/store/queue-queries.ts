import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';

/** Runs that wait, the next one first. */
export function selectQueue(db: ReadableDb): RunId[] {
  return db
    .prepare<[], RunId>('SELECT id FROM runs WHERE queue_place IS NOT NULL AND deleted_at IS NULL ORDER BY queue_place')
    .pluck()
    .all();
}

/** Puts a run into the queue, or moves it there; `position` counts from 1, and by default it is the last. */
export function putInQueue(db: WritableDb, id: RunId, position = Number.POSITIVE_INFINITY): void {
  db.transaction(() => {
    const others = selectQueue(db).filter((other) => other !== id);
    others.splice(Math.min(position - 1, others.length), 0, id);
    numberQueue(db, others);
  })();
}

/** Takes a run out of the queue. */
export function leaveQueue(db: WritableDb, id: RunId): void {
  db.transaction(() => {
    db.prepare('UPDATE runs SET queue_place = NULL WHERE id = ?').run(id);
    numberQueue(db, selectQueue(db));
  })();
}

/**
 * Takes the next run from the queue and marks it as active until `endWork`; null if none waits.
 * Runs in `except` wait on.
 */
export function takeFromQueue(db: WritableDb, except: ReadonlySet<string> = new Set()): RunId | null {
  return db.transaction(() => {
    const next = selectQueue(db).find((id) => !except.has(id));
    if (next === undefined) return null;
    db.prepare("UPDATE runs SET attempts = attempts + 1, state = 'running', failure = NULL WHERE id = ?").run(next);
    leaveQueue(db, next);
    return next;
  })();
}

/** Notes that a run of the queue's has got on since it was taken up, or goes on after a pause. */
export function noteProgress(db: WritableDb, id: RunId): void {
  db.prepare('UPDATE runs SET attempts = 1 WHERE id = ?').run(id);
}

/** Notes that the queue is done with a run, however it ended, so that nobody takes it up unasked. */
export function endWork(db: WritableDb, id: RunId): void {
  db.prepare('UPDATE runs SET attempts = 0 WHERE id = ?').run(id);
}

/** Runs that a process took from the queue and never ended, with how often that was without progress. */
export function selectCutOffWork(db: ReadableDb): { id: RunId; attempts: number }[] {
  return db
    .prepare<[], { id: RunId; attempts: number }>(
      'SELECT id, attempts FROM runs WHERE attempts > 0 AND queue_place IS NULL AND deleted_at IS NULL',
    )
    .all();
}

function numberQueue(db: WritableDb, queue: readonly RunId[]): void {
  const set = db.prepare('UPDATE runs SET queue_place = ? WHERE id = ?');
  for (const [i, id] of queue.entries()) set.run(i + 1, id);
}
