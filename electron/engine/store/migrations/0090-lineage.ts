import type { WritableDb } from '../connection.ts';

/** Which run a run was started again from, and an index for lists by retention. */
export function keepLineage(db: WritableDb): void {
  db.exec(`
    -- No reference: that run may be deleted, and restored later.
    ALTER TABLE runs ADD COLUMN based_on TEXT;
    CREATE INDEX runs_by_retention ON runs (student_top1 / nullif(teacher_top1, 0), deleted_at) WHERE deleted_at IS NULL;
  `);
}
