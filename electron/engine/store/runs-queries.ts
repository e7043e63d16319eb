import type { Recipe } from '../../../shared/run/recipe.ts';
import type { Report } from '../../../shared/run/report.ts';
import { ROLE_NAMES } from '../../../shared/run/roles.ts';
import { RECIPE_FORM } from '../../../shared/stored/recipe-form.ts';
import { MODEL_FORM, REPORT_FORM } from '../../../shared/stored/run-forms.ts';
import { formatMoment } from '../../../shared/text/format.ts';
import { DecantError } from '../core/errors.ts';
import type { DatasetId, RunId } from '../core/ids.ts';
import type { ReadableDb, WritableDb } from './connection.ts';
import { saveExport } from './models-queries.ts';
import { checkFigures, fromStoredText, sumFigures, toStoredText } from './stored-json.ts';

/** As kept; whether a `running` run is alive is told by its lock. */
export type StoredRunState = 'running' | 'finished' | 'stopped' | 'failed';

export interface RunRecord {
  id: RunId;
  dataset: DatasetId;
  datasetName: string;
  datasetPath: string;
  state: StoredRunState;
  createdAtMs: number;
  updatedAtMs: number;
  resumes: number;
  failure: string | null;
  studentTop1: number | null;
  teacherTop1: number | null;
  flopsReduction: number | null;
  /** The stage begun last; null before the first. */
  stage: string | null;
}

const RUN_COLUMNS = `
  SELECT runs.id, runs.dataset, datasets.name AS datasetName, datasets.path AS datasetPath, runs.state,
    runs.created_at AS createdAtMs, runs.updated_at AS updatedAtMs, runs.resumes, runs.failure,
    runs.student_top1 AS studentTop1, runs.teacher_top1 AS teacherTop1, runs.flops_reduction AS flopsReduction,
    runs.student_macs AS macs, runs.student_parameters AS parameters, runs.figures_sum AS sum,
    (SELECT stage FROM stages WHERE stages.run = runs.id ORDER BY started_at DESC LIMIT 1) AS stage
  FROM runs JOIN datasets ON datasets.id = runs.dataset`;

export interface NewRun {
  readonly id: RunId;
  readonly dataset: DatasetId;
  readonly recipe: Recipe;
  /** By default made from the dataset's name and the time. */
  readonly name?: string | undefined;
  /** The run that it was started again from. */
  readonly basedOn?: string | null | undefined;
  /** `stopped`, as which it waits until somebody takes it up, or `running`, the default. */
  readonly state?: 'running' | 'stopped';
}

export function insertRun(db: WritableDb, run: NewRun, nowMs: number): void {
  const { id, dataset, recipe, state = 'running', basedOn = null } = run;
  const datasetName = db.prepare<[string], string>('SELECT name FROM datasets WHERE id = ?').pluck().get(dataset) ?? '';
  const name = run.name ?? `${datasetName} · ${formatMoment(nowMs)}`;
  db.prepare(
    `INSERT INTO runs (id, dataset, state, recipe, name, search, based_on, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    dataset,
    state,
    toStoredText(RECIPE_FORM, recipe),
    name,
    searchText(name, '', [], datasetName),
    basedOn,
    nowMs,
    nowMs,
  );
}

/** What the words of a search are looked up in. */
export function searchText(name: string, note: string, tags: readonly string[], datasetName: string): string {
  return [name, note, datasetName, ...tags].join('\n').toLowerCase();
}

/** Newest first, without those that were deleted. @throws DecantError `store.unreadable` */
export function selectRuns(db: ReadableDb): RunRecord[] {
  return db
    .prepare<[], RawRun>(`${RUN_COLUMNS} WHERE runs.deleted_at IS NULL ORDER BY runs.created_at DESC, runs.id DESC`)
    .all()
    .map(checkRun);
}

/** @throws DecantError `run.unknown`, also when it was deleted; `store.unreadable` */
export function findRun(db: ReadableDb, id: string): RunRecord {
  const row = db.prepare<[string], RawRun>(`${RUN_COLUMNS} WHERE runs.id = ? AND runs.deleted_at IS NULL`).get(id);
  if (!row) throw unknownRun(id);
  return checkRun(row);
}

type RawRun = RunRecord & { macs: number | null; parameters: number | null; sum: string | null };

function checkRun({ macs, parameters, sum, ...run }: RawRun): RunRecord {
  checkFigures([run.studentTop1, run.teacherTop1, run.flopsReduction, macs, parameters], sum, `Run ${run.id}`);
  return run;
}

export function unknownRun(id: string): DecantError {
  return new DecantError(
    'run.unknown',
    `There is no run with the id ${JSON.stringify(id)}; "decant runs" lists all runs.`,
    {
      run: id,
    },
  );
}

/** @throws DecantError `run.unknown`, `store.newer`, `store.unreadable` */
export function readRecipe(db: ReadableDb, id: RunId): Recipe {
  const text = db.prepare<[string], string>('SELECT recipe FROM runs WHERE id = ?').pluck().get(id);
  if (text === undefined) throw unknownRun(id);
  return fromStoredText(RECIPE_FORM, text, `Run ${id}`);
}

/** The report of a finished run; null before that. @throws DecantError `run.unknown`, `store.newer`, `store.unreadable` */
export function readReport(db: ReadableDb, id: RunId): Report | null {
  const text = db.prepare<[string], string | null>('SELECT report FROM runs WHERE id = ?').pluck().get(id);
  if (text === undefined) throw unknownRun(id);
  return text === null ? null : fromStoredText(REPORT_FORM, text, `Run ${id}`);
}

/** Marks a run as running; counts a resume if it has begun before. */
export function markResumed(db: WritableDb, id: RunId, nowMs: number): void {
  db.prepare(
    `UPDATE runs SET state = 'running', failure = NULL, updated_at = ?,
       resumes = resumes + EXISTS (SELECT 1 FROM stages WHERE run = runs.id) WHERE id = ?`,
  ).run(nowMs, id);
}

/** Restores a run to its state before it was resumed. */
export function restoreRun(db: WritableDb, before: RunRecord): void {
  const { id, dataset, state, failure, resumes, updatedAtMs } = before;
  db.prepare('UPDATE runs SET dataset = ?, state = ?, failure = ?, resumes = ?, updated_at = ? WHERE id = ?').run(
    dataset,
    state,
    failure,
    resumes,
    updatedAtMs,
    id,
  );
}

/** Notes that a run's images lie elsewhere now. */
export function moveRunDataset(db: WritableDb, id: RunId, dataset: DatasetId): void {
  db.prepare('UPDATE runs SET dataset = ? WHERE id = ?').run(dataset, id);
}

/** Marks a run as stopped on request, or as failed with one sentence why. */
export function markEnded(
  db: WritableDb,
  id: RunId,
  end: { state: 'stopped' } | { state: 'failed'; failure: string },
  nowMs: number,
): void {
  const failure = end.state === 'failed' ? end.failure : null;
  db.prepare('UPDATE runs SET state = ?, failure = ?, updated_at = ? WHERE id = ?').run(end.state, failure, nowMs, id);
}

/** Keeps the report, its models and its exports, and marks the run as finished: all or nothing. */
export function finishRun(db: WritableDb, id: RunId, report: Report, nowMs: number): void {
  const insertModel = db.prepare(
    `INSERT OR REPLACE INTO models (run, role, architecture, parameters, macs, top1, figures_sum, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const { student, teacher, reduction } = report;
  const figures = [student.top1, teacher.top1, reduction.flopsVsBaseline, student.macs, student.parameters];
  db.transaction(() => {
    db.prepare(
      `UPDATE runs SET state = 'finished', failure = NULL, report = ?, student_top1 = ?, teacher_top1 = ?,
         flops_reduction = ?, student_macs = ?, student_parameters = ?, figures_sum = ?, updated_at = ? WHERE id = ?`,
    ).run(toStoredText(REPORT_FORM, report), ...figures, sumFigures(figures), nowMs, id);
    for (const role of ROLE_NAMES) {
      const model = report[role];
      const { architecture, parameters, macs, top1 } = model;
      const sum = sumFigures([parameters, macs, top1]);
      insertModel.run(id, role, architecture, parameters, macs, top1, sum, toStoredText(MODEL_FORM, model));
    }
    for (const file of report.exports) saveExport(db, id, file);
  })();
}
