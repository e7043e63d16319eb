import type { WritableDb } from '../connection.ts';

/** What phones measured of a run's exported files. */
export function keepPhones(db: WritableDb): void {
  db.exec(`
    CREATE TABLE phone_measurements (
      id TEXT PRIMARY KEY,
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      measured_at INTEGER NOT NULL,
      -- When it was taken away; it is kept, so that it can be brought back.
      removed_at INTEGER,
      facts TEXT NOT NULL CHECK (json_valid(facts))
    ) STRICT;
    CREATE INDEX phone_measurements_by_run ON phone_measurements (run, measured_at);

    -- Records repeat them.
    CREATE TRIGGER revision_of_phone_measurements_insert AFTER INSERT ON phone_measurements
    BEGIN
      UPDATE runs SET revision = revision + 1 WHERE id = NEW.run;
    END;
    CREATE TRIGGER revision_of_phone_measurements_update AFTER UPDATE ON phone_measurements
    BEGIN
      UPDATE runs SET revision = revision + 1 WHERE id = NEW.run;
    END;
  `);
}
