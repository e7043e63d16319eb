import type { WritableDb } from '../connection.ts';

/** What a run's row and its parts say changes with each of these. */
const PARTS = [
  ['run_tags', 'INSERT', 'NEW'],
  ['run_tags', 'DELETE', 'OLD'],
  ['stages', 'INSERT', 'NEW'],
  ['stages', 'UPDATE', 'NEW'],
  ['epochs', 'INSERT', 'NEW'],
  ['cuts', 'INSERT', 'NEW'],
  ['artifacts', 'INSERT', 'NEW'],
  ['sessions', 'INSERT', 'NEW'],
  ['weights_files', 'INSERT', 'NEW'],
  ['exports', 'INSERT', 'NEW'],
] as const;

/**
 * A run's revision counts changes of what the record in its folder repeats, so that it can be told which of the two is the
 * newer one. SQLite counts, so that no query can forget to.
 */
export function countRevisions(db: WritableDb): void {
  db.exec(`
    ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

    CREATE TRIGGER revision_of_runs AFTER UPDATE OF
      dataset, state, updated_at, resumes, failure, report, name, note, deleted_at, finish_asked, finish_place, layers
      ON runs
    BEGIN
      UPDATE runs SET revision = revision + 1 WHERE id = NEW.id;
    END;
  `);
  for (const [table, change, row] of PARTS)
    db.exec(`
      CREATE TRIGGER revision_of_${table}_${change.toLowerCase()} AFTER ${change} ON ${table}
      BEGIN
        UPDATE runs SET revision = revision + 1 WHERE id = ${row}.run;
      END;
    `);
}
