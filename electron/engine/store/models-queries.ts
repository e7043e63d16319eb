import {
  type ExportReport,
  exportReportSchema,
  type ModelReport,
  modelReportSchema,
} from '../../../shared/run/report.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './database.ts';

export type ModelRole = 'teacher' | 'baseline' | 'student';

/** The measured networks of a finished run. */
export function selectModels(db: ReadableDb, run: RunId): { role: ModelRole; model: ModelReport }[] {
  return db
    .prepare<[string], { role: ModelRole; facts: string }>('SELECT role, facts FROM models WHERE run = ?')
    .all(run)
    .map(({ role, facts }) => ({ role, model: modelReportSchema.parse(JSON.parse(facts)) }));
}

/** Keeps an exported file's figures; a later export in the same format and precision replaces them. */
export function saveExport(db: WritableDb, run: RunId, file: ExportReport): void {
  db.prepare(
    'INSERT OR REPLACE INTO exports (run, format, precision, file, sha256, facts) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(run, file.format, file.precision, file.file, file.sha256, JSON.stringify(file));
}

export function selectExports(db: ReadableDb, run: RunId): ExportReport[] {
  return db
    .prepare<[string], string>('SELECT facts FROM exports WHERE run = ?')
    .pluck()
    .all(run)
    .map((facts) => exportReportSchema.parse(JSON.parse(facts)));
}
