import type { ExportReport, ModelReport } from '../../../shared/run/report.ts';
import { ROLE_NAMES, type Role } from '../../../shared/run/roles.ts';
import { EXPORT_FORM, MODEL_FORM } from '../../../shared/stored/run-forms.ts';
import type { DatasetId, RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { readRole } from './read-role.ts';
import { checkFigures, fromStoredText, toStoredText } from './stored-json.ts';

/** The measured networks of a finished run. @throws DecantError `store.newer`, `store.unreadable` */
export function selectModels(db: ReadableDb, run: RunId): { role: Role; model: ModelReport }[] {
  return db
    .prepare<[string], { role: string; facts: string }>('SELECT role, facts FROM models WHERE run = ?')
    .all(run)
    .map(({ role, facts }) => ({
      role: readRole(role, ROLE_NAMES, run),
      model: fromStoredText(MODEL_FORM, facts, `Run ${run}`),
    }));
}

/** A measured network of a finished run, as a point of accuracy against cost. */
export interface ModelPoint {
  run: RunId;
  /** Of the run. */
  name: string;
  dataset: DatasetId;
  role: Role;
  macs: number;
  parameters: number;
  top1: number;
}

/** Of all datasets where `dataset` is null; oldest run first. @throws DecantError `store.unreadable` */
export function selectPoints(db: ReadableDb, dataset: string | null): ModelPoint[] {
  return db
    .prepare<string[], Omit<ModelPoint, 'role'> & { role: string; sum: string | null }>(
      `SELECT models.figures_sum AS sum, models.run, runs.name, runs.dataset, models.role, models.macs, models.parameters, models.top1
       FROM runs JOIN models ON models.run = runs.id
       WHERE runs.state = 'finished' AND runs.deleted_at IS NULL AND models.top1 IS NOT NULL ${dataset === null ? '' : 'AND runs.dataset = ?'}
       ORDER BY runs.created_at`,
    )
    .all(...(dataset === null ? [] : [dataset]))
    .map(({ sum, ...point }) => {
      checkFigures([point.parameters, point.macs, point.top1], sum, `Run ${point.run}`);
      return { ...point, role: readRole(point.role, ROLE_NAMES, point.run) };
    });
}

/** Keeps an exported file's figures; a later export in the same format and precision replaces them. */
export function saveExport(db: WritableDb, run: RunId, file: ExportReport): void {
  db.prepare(
    'INSERT OR REPLACE INTO exports (run, format, precision, file, sha256, facts) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(run, file.format, file.precision, file.file, file.sha256, toStoredText(EXPORT_FORM, file));
}

export function selectExports(db: ReadableDb, run: RunId): ExportReport[] {
  return db
    .prepare<[string], string>('SELECT facts FROM exports WHERE run = ?')
    .pluck()
    .all(run)
    .map((facts) => fromStoredText(EXPORT_FORM, facts, `Run ${run}`));
}
