import type { WritableDb } from '../connection.ts';

/**
 * Indexes that lists are made from alone: in a run's row, what lists ask for lies behind its report, and to read over the
 * reports of ten thousand runs takes a second. `deleted_at` is in them, for SQLite to see that it needs no row.
 */
export function indexLists(db: WritableDb): void {
  const SORTS = {
    runs_by_age: 'created_at',
    runs_by_name: 'name COLLATE NOCASE',
    runs_by_accuracy: 'student_top1',
    runs_by_reduction: 'flops_reduction',
    runs_by_macs: 'student_macs',
    runs_by_time: 'elapsed_ms',
  };
  for (const [index, columns] of Object.entries(SORTS))
    db.exec(`DROP INDEX ${index}; CREATE INDEX ${index} ON runs (${columns}, deleted_at) WHERE deleted_at IS NULL`);
  db.exec(`
    DROP INDEX runs_at_work; -- The one by state serves as well.
    CREATE INDEX runs_shown_of_dataset ON runs (dataset, created_at, deleted_at) WHERE deleted_at IS NULL;
    CREATE INDEX runs_by_state ON runs (state, queue_place, id, deleted_at) WHERE deleted_at IS NULL;
    CREATE INDEX runs_by_search ON runs (search, deleted_at) WHERE deleted_at IS NULL;
  `);
}
