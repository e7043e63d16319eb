import type { WritableDb } from '../connection.ts';

/** What was found in datasets when they were last read. */
export function createInspections(db: WritableDb): void {
  db.exec(`
    CREATE TABLE inspections (
      dataset TEXT PRIMARY KEY REFERENCES datasets (id) ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('folder', 'zip')),
      listing TEXT NOT NULL,
      facts TEXT NOT NULL CHECK (json_valid(facts)),
      samples TEXT NOT NULL CHECK (json_valid(samples))
    ) STRICT;
    CREATE INDEX datasets_by_path ON datasets (path);
    CREATE INDEX datasets_by_age ON datasets (seen_at);
  `);
}
