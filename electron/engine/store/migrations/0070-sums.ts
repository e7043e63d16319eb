import type { WritableDb } from '../connection.ts';

/** CRC-32 of figures and splits, which stand in plain columns; null: from before. Stored JSON carries its own. Memory counts as a change. */
export function keepSums(db: WritableDb): void {
  db.exec(`
    -- Of student_top1, teacher_top1, flops_reduction, student_macs, student_parameters.
    ALTER TABLE runs ADD COLUMN figures_sum TEXT;
    -- Of parameters, macs, top1.
    ALTER TABLE models ADD COLUMN figures_sum TEXT;
    ALTER TABLE splits ADD COLUMN sum TEXT;

    -- Records repeat it: at equal revisions both must say the same.
    CREATE TRIGGER revision_of_sessions_update AFTER UPDATE ON sessions
    BEGIN
      UPDATE runs SET revision = revision + 1 WHERE id = NEW.run;
    END;
  `);
}
