import { inflateSync } from 'node:zlib';
import type { Report } from '../../../shared/run/report.ts';
import { CLASSES_FORM } from '../../../shared/stored/dataset-forms.ts';
import { RECIPE_FORM } from '../../../shared/stored/recipe-form.ts';
import { CUT_FORM, EPOCH_FORM, EXPORT_FORM, PHONE_FORM } from '../../../shared/stored/run-forms.ts';
import type { RunRecordBody, RunRecordFile } from '../../../shared/stored/run-record-form.ts';
import type { DatasetId, RunId } from '../core/ids.ts';
import { saveArtifactRow } from './artifacts.ts';
import type { WritableDb } from './connection.ts';
import { replaceSplit, saveDataset } from './datasets-queries.ts';
import { saveExport } from './models-queries.ts';
import { savePhone } from './phones-queries.ts';
import { saveCut, saveEpoch } from './progress-queries.ts';
import { finishRun, insertRun, searchText } from './runs-queries.ts';
import { fromStoredText, sealText } from './stored-json.ts';

/** A report with its text, compact JSON of whatever version. */
export interface KeptReport {
  readonly report: Report;
  readonly text: string;
}

/** What belongs to a run and is written anew; its curves and its log stay as far as the store has them. */
const PARTS = [
  'run_tags',
  'stages',
  'epochs',
  'cuts',
  'artifacts',
  'sessions',
  'weights_files',
  'models',
  'exports',
  'phone_measurements',
] as const;

/**
 * Puts a run into the store, or brings it up to date there, as a record of it says: all or nothing.
 *
 * @param report of a finished run; null: it has none any more, and is a stopped one again, whose last stages make it anew
 * @throws DecantError `store.newer`, `store.unreadable` where something in the record cannot be understood
 */
export function restoreRow(
  db: WritableDb,
  run: RunId,
  { revision, run: body }: RunRecordFile,
  report: KeptReport | null,
): void {
  const owner = `Run ${run}`;
  const { dataset: known, split } = body;
  db.transaction(() => {
    const classes = fromStoredText(CLASSES_FORM, JSON.stringify(known.classes), owner);
    const dataset = saveDataset(db, { ...known, classes }, body.updatedAtMs);
    if (split) replaceSplit(db, dataset, split.settings, inflateSync(Buffer.from(split.assignment, 'base64')));
    const recipe = fromStoredText(RECIPE_FORM, JSON.stringify(body.recipe), owner);
    if (db.prepare('SELECT 1 FROM runs WHERE id = ?').get(run) === undefined)
      insertRun(db, { id: run, dataset, recipe }, body.createdAtMs);
    for (const table of PARTS) db.prepare(`DELETE FROM ${table} WHERE run = ?`).run(run);
    if (report) {
      finishRun(db, run, report.report, body.updatedAtMs);
      // As it was written: records know it by the hash of that.
      db.prepare('UPDATE runs SET report = ? WHERE id = ?').run(sealText(report.text), run);
    } else forgetResults(db, run);
    writeColumns(db, run, body.state === 'finished' && !report ? { ...body, state: 'stopped' } : body, dataset);
    writeParts(db, run, body);
    // The last word, after everything that counts it up: newer than the record, which may say the same in older forms.
    db.prepare('UPDATE runs SET revision = ? WHERE id = ?').run(revision + 1, run);
  })();
}

function forgetResults(db: WritableDb, run: RunId): void {
  db.prepare(
    `UPDATE runs SET report = NULL, student_top1 = NULL, teacher_top1 = NULL, flops_reduction = NULL, student_macs = NULL,
       student_parameters = NULL, figures_sum = NULL WHERE id = ?`,
  ).run(run);
}

function writeColumns(db: WritableDb, run: RunId, body: RunRecordBody, dataset: DatasetId): void {
  const { name, note, tags, stages, recipe, finishPlace, layers, finishAsked, basedOn } = body;
  const { state, failure, createdAtMs, updatedAtMs, deletedAtMs, resumes } = body;
  const text = (json: unknown) => (json === null ? null : sealText(JSON.stringify(json)));
  db.prepare(
    `UPDATE runs SET dataset = @dataset, name = @name, note = @note, search = @search, state = @state, failure = @failure,
       created_at = @createdAtMs, updated_at = @updatedAtMs, deleted_at = @deletedAtMs, resumes = @resumes, recipe = @recipe,
       finish_asked = @finishAsked, finish_place = @finishPlace, layers = @layers, based_on = @basedOn,
       elapsed_ms = @elapsedMs WHERE id = @run`,
  ).run({
    run,
    dataset,
    name,
    note,
    search: searchText(name, note, tags, body.dataset.name),
    state,
    failure,
    createdAtMs,
    updatedAtMs,
    deletedAtMs,
    resumes,
    basedOn,
    recipe: text(recipe),
    finishAsked: finishAsked ? 1 : 0,
    finishPlace: text(finishPlace),
    layers: text(layers),
    elapsedMs: stages.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
  });
}

function writeParts(db: WritableDb, run: RunId, body: RunRecordBody): void {
  const owner = `Run ${run}`;
  const insertAll = <Row extends object>(sql: string, rows: readonly Row[]) => {
    const insert = db.prepare(sql);
    for (const row of rows) insert.run({ run, ...row });
  };
  insertAll(
    'INSERT INTO run_tags (run, tag) VALUES (@run, @tag)',
    body.tags.map((tag) => ({ tag })),
  );
  insertAll(
    `INSERT INTO stages (run, stage, started_at, elapsed_ms, finished)
     VALUES (@run, @stage, @startedAtMs, @elapsedMs, @finished)`,
    body.stages.map((stage) => ({ ...stage, finished: stage.finished ? 1 : 0 })),
  );
  insertAll(
    `INSERT INTO sessions (run, session, backend, device, threads, precision, begun_at, peak_memory_bytes)
     VALUES (@run, @session, @backend, @device, @threads, @precision, @begunAtMs, @peakMemoryBytes)`,
    body.sessions,
  );
  insertAll(
    'INSERT INTO weights_files (run, role, path, sha256) VALUES (@run, @role, @path, @sha256)',
    body.weightsFiles,
  );
  for (const json of body.epochs) saveEpoch(db, run, fromStoredText(EPOCH_FORM, JSON.stringify(json), owner));
  for (const json of body.cuts) saveCut(db, run, fromStoredText(CUT_FORM, JSON.stringify(json), owner));
  for (const json of body.exports) saveExport(db, run, fromStoredText(EXPORT_FORM, JSON.stringify(json), owner));
  for (const json of body.phones) savePhone(db, run, fromStoredText(PHONE_FORM, JSON.stringify(json), owner));
  for (const artifact of body.artifacts) saveArtifactRow(db, run, artifact, artifact.createdAtMs);
}
