import type { WritableDb } from '../connection.ts';

/** Datasets and their splits, runs with their stages, epochs and cuts, models, exports, artifact files. */
export function createFirstTables(db: WritableDb): void {
  db.exec(`
    CREATE TABLE datasets (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      path TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      classes TEXT NOT NULL CHECK (json_valid(classes)),
      images INTEGER NOT NULL CHECK (images >= 0),
      seen_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE splits (
      dataset TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
      settings TEXT NOT NULL,
      assignment BLOB NOT NULL,
      PRIMARY KEY (dataset, settings)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE runs (
      id TEXT PRIMARY KEY,
      dataset TEXT NOT NULL REFERENCES datasets (id),
      state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped', 'failed')),
      recipe TEXT NOT NULL CHECK (json_valid(recipe)),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      resumes INTEGER NOT NULL DEFAULT 0,
      failure TEXT,
      report TEXT CHECK (report IS NULL OR json_valid(report)),
      student_top1 REAL,
      teacher_top1 REAL,
      flops_reduction REAL
    ) STRICT;
    CREATE INDEX runs_by_age ON runs (created_at);
    CREATE INDEX runs_by_dataset ON runs (dataset, created_at);

    CREATE TABLE stages (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      elapsed_ms REAL NOT NULL DEFAULT 0,
      finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1)),
      PRIMARY KEY (run, stage)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE epochs (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      stage TEXT NOT NULL,
      epoch INTEGER NOT NULL CHECK (epoch >= 0),
      validation_top1 REAL NOT NULL,
      metrics TEXT NOT NULL CHECK (json_valid(metrics)),
      PRIMARY KEY (run, stage, epoch)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cuts (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      cut INTEGER NOT NULL CHECK (cut >= 1),
      facts TEXT NOT NULL CHECK (json_valid(facts)),
      PRIMARY KEY (run, cut)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE artifacts (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      path TEXT NOT NULL,
      size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
      sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
      created_at INTEGER NOT NULL,
      PRIMARY KEY (run, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE models (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      role TEXT NOT NULL CHECK (role IN ('teacher', 'baseline', 'student')),
      architecture TEXT NOT NULL,
      parameters INTEGER NOT NULL,
      macs INTEGER NOT NULL,
      top1 REAL,
      facts TEXT NOT NULL CHECK (json_valid(facts)),
      PRIMARY KEY (run, role)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE exports (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      format TEXT NOT NULL,
      precision TEXT NOT NULL,
      file TEXT NOT NULL,
      sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
      facts TEXT NOT NULL CHECK (json_valid(facts)),
      PRIMARY KEY (run, format, precision)
    ) STRICT, WITHOUT ROWID;
  `);
}
