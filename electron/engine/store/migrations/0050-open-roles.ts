import type { WritableDb } from '../connection.ts';

/**
 * Roles are what `shared/run/roles.ts` lists, no longer what a CHECK lists; an epoch of a stage that nothing judges has no
 * validation top-1. SQLite changes a constraint only by making the table anew.
 */
export function openRoles(db: WritableDb): void {
  db.exec(`
    CREATE TABLE epochs_anew (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      epoch INTEGER NOT NULL CHECK (epoch >= 0),
      validation_top1 REAL,
      metrics TEXT NOT NULL CHECK (json_valid(metrics)),
      PRIMARY KEY (run, stage, epoch)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO epochs_anew (run, stage, epoch, validation_top1, metrics)
      SELECT run, stage, epoch, validation_top1, metrics FROM epochs;
    DROP TABLE epochs;
    ALTER TABLE epochs_anew RENAME TO epochs;

    CREATE TABLE models_anew (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      role TEXT NOT NULL,
      architecture TEXT NOT NULL,
      parameters INTEGER NOT NULL,
      macs INTEGER NOT NULL,
      top1 REAL,
      facts TEXT NOT NULL CHECK (json_valid(facts)),
      PRIMARY KEY (run, role)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO models_anew (run, role, architecture, parameters, macs, top1, facts)
      SELECT run, role, architecture, parameters, macs, top1, facts FROM models;
    DROP TABLE models;
    ALTER TABLE models_anew RENAME TO models;

    CREATE TABLE weights_files_anew (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      role TEXT NOT NULL,
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
      PRIMARY KEY (run, role)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO weights_files_anew (run, role, path, sha256)
      SELECT run, role, path, sha256 FROM weights_files;
    DROP TABLE weights_files;
    ALTER TABLE weights_files_anew RENAME TO weights_files;
  `);
}
