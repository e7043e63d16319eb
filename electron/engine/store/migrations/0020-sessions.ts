import type { WritableDb } from '../connection.ts';

/** The processes that worked on a run, and the weights files that it began with. */
export function createSessions(db: WritableDb): void {
  db.exec(`
    CREATE TABLE sessions (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      session INTEGER NOT NULL CHECK (session >= 1),
      backend TEXT NOT NULL,
      device TEXT NOT NULL,
      threads INTEGER NOT NULL CHECK (threads >= 0),
      precision TEXT NOT NULL,
      begun_at INTEGER NOT NULL,
      peak_memory_bytes INTEGER NOT NULL CHECK (peak_memory_bytes >= 0),
      PRIMARY KEY (run, session)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE weights_files (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      role TEXT NOT NULL CHECK (role IN ('teacher', 'student')),
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
      PRIMARY KEY (run, role)
    ) STRICT, WITHOUT ROWID;
  `);
}
