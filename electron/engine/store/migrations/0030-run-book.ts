import type { WritableDb } from '../connection.ts';

/** What people write about runs, the queue, runs that are hidden until they are purged, the log and the live curves. */
export function createRunBook(db: WritableDb): void {
  db.exec(`
    ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
    -- Name, note, tags and dataset in lower case.
    ALTER TABLE runs ADD COLUMN search TEXT NOT NULL DEFAULT '';
    -- From 1, without gaps; null: does not wait.
    ALTER TABLE runs ADD COLUMN queue_place INTEGER CHECK (queue_place >= 1);
    -- How often the queue took it up without progress since; 0: the queue has not got it at work.
    ALTER TABLE runs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN deleted_at INTEGER;
    ALTER TABLE runs ADD COLUMN elapsed_ms REAL NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN student_macs INTEGER;
    ALTER TABLE runs ADD COLUMN student_parameters INTEGER;
    -- Whether it was asked to train no further, and where in its plan that took effect.
    ALTER TABLE runs ADD COLUMN finish_asked INTEGER NOT NULL DEFAULT 0 CHECK (finish_asked IN (0, 1));
    ALTER TABLE runs ADD COLUMN finish_place TEXT CHECK (finish_place IS NULL OR json_valid(finish_place));
    -- Steps that one point of the curves stands for, in points as they were told.
    ALTER TABLE runs ADD COLUMN step_stride INTEGER NOT NULL DEFAULT 1 CHECK (step_stride >= 1);
    -- Widths of the student's layers, before any cut and now.
    ALTER TABLE runs ADD COLUMN layers TEXT CHECK (layers IS NULL OR json_valid(layers));

    UPDATE runs SET
      name = (SELECT name FROM datasets WHERE id = runs.dataset) || ' · '
        || CAST(strftime('%d', created_at / 1000, 'unixepoch', 'localtime') AS INTEGER) || ' '
        || substr('JanFebMarAprMayJunJulAugSepOctNovDec',
             3 * CAST(strftime('%m', created_at / 1000, 'unixepoch', 'localtime') AS INTEGER) - 2, 3)
        || strftime(' %H:%M', created_at / 1000, 'unixepoch', 'localtime'),
      elapsed_ms = (SELECT coalesce(sum(elapsed_ms), 0) FROM stages WHERE run = runs.id),
      student_macs = (SELECT macs FROM models WHERE run = runs.id AND role = 'student'),
      student_parameters = (SELECT parameters FROM models WHERE run = runs.id AND role = 'student');
    UPDATE runs SET search = lower(name || char(10) || (SELECT name FROM datasets WHERE id = runs.dataset));

    CREATE INDEX runs_by_name ON runs (name COLLATE NOCASE);
    CREATE INDEX runs_by_accuracy ON runs (student_top1);
    CREATE INDEX runs_by_reduction ON runs (flops_reduction);
    CREATE INDEX runs_by_macs ON runs (student_macs);
    CREATE INDEX runs_by_time ON runs (elapsed_ms);
    CREATE INDEX runs_in_queue ON runs (queue_place) WHERE queue_place IS NOT NULL;
    CREATE INDEX runs_at_work ON runs (id) WHERE state = 'running';
    CREATE INDEX runs_taken ON runs (attempts) WHERE attempts > 0;
    CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL;

    CREATE TABLE run_tags (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      tag TEXT NOT NULL,
      PRIMARY KEY (run, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX run_tags_by_tag ON run_tags (tag);

    CREATE TABLE run_log (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      line INTEGER NOT NULL,
      at INTEGER NOT NULL,
      level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
      text TEXT NOT NULL,
      PRIMARY KEY (run, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE step_points (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      network TEXT NOT NULL,
      step INTEGER NOT NULL CHECK (step >= 0),
      point TEXT NOT NULL CHECK (json_valid(point)),
      PRIMARY KEY (run, network, step)
    ) STRICT, WITHOUT ROWID;
  `);
}
