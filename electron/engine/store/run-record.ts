import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describeNewer, isJsonObject, readStored, writeStored } from '../../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../../shared/stored/recipe-form.ts';
import { RUN_RECORD_FORM, type RunRecordBody, type RunRecordFile } from '../../../shared/stored/run-record-form.ts';
import { writeFileAtomicallySync } from '../core/atomic-file.ts';
import type { DatasetId, RunId } from '../core/ids.ts';
import type { ReadableDb } from './connection.ts';
import { findSplit, splitKey } from './datasets-queries.ts';
import { runFolder } from './paths.ts';
import { selectPhoneTexts } from './phones-queries.ts';
import { selectSessions } from './sessions-queries.ts';
import { parseSealed, parseStoredText } from './stored-json.ts';

export const RECORD_NAME = 'run.json';
/** How every record begins, so that its revision can be told without reading it. */
const BEGINNING = /^\{"version":(\d+),"revision":(\d+),/;
const BEGINNING_BYTES = 64;

/** Where a run's record lies. */
export function recordPath(home: string, run: RunId): string {
  return join(runFolder(home, run), RECORD_NAME);
}

/**
 * Repeats in a run's folder what the store knows of it, whole or not at all; nothing where it has no such run. Call it once
 * what was changed is committed. Where that does not happen, `reconcileRuns` makes up for it.
 *
 * @param options as of `writeFileAtomicallySync`
 * @throws DecantError `disk.full`, `disk.failed`, `output.unwritable`; `store.unreadable` where what the store knows is damaged
 */
export function writeRunRecord(
  { db, home }: { db: ReadableDb; home: string },
  run: RunId,
  options: { flush?: boolean } = {},
): void {
  const found = readRunRows(db, run);
  if (!found) return;
  writeFileAtomicallySync(recordPath(home, run), encodeRunRecord(found), options);
}

/** A record as its file has it. */
export function encodeRunRecord({ revision, body }: { revision: number; body: RunRecordBody }): string {
  const file: RunRecordFile = { revision, sha256: hashText(JSON.stringify(body)), run: body };
  return JSON.stringify(writeStored(RUN_RECORD_FORM, file));
}

export interface RecordEdition {
  readonly version: number;
  readonly revision: number;
}

/** Which edition of a run's record lies in its folder; null where none does that can be told. */
export function peekRunRecord(home: string, run: RunId): RecordEdition | null {
  let text: string;
  try {
    const file = openSync(recordPath(home, run), 'r');
    try {
      const bytes = Buffer.alloc(BEGINNING_BYTES);
      text = bytes.toString('utf8', 0, readSync(file, bytes, 0, BEGINNING_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
  const [, version, revision] = BEGINNING.exec(text) ?? [];
  return version === undefined ? null : { version: Number(version), revision: Number(revision) };
}

export type RecordReading =
  | { readonly ok: true; readonly record: RunRecordFile }
  /** `reason`: one sentence; `newer`: a newer Decant wrote it. */
  | { readonly ok: false; readonly newer: boolean; readonly reason: string };

/** The record in a run's folder, checked against its hash; null where there is none. */
export function readRunRecord(home: string, run: RunId): RecordReading | null {
  const path = recordPath(home, run);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // Thrown by node:fs.
    return code === 'ENOENT' ? null : { ok: false, newer: false, reason: `${path} cannot be read (${code}).` };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, newer: false, reason: `${path} is damaged: it is no JSON.` };
  }
  const reading = readStored(RUN_RECORD_FORM, json);
  if (!reading.ok)
    return {
      ok: false,
      newer: reading.why === 'newer',
      reason: reading.why === 'newer' ? describeNewer(path, reading) : `${path} is damaged: ${reading.details}.`,
    };
  // Of the text as it was written: what reading it made of it may have more keys.
  const written = isJsonObject(json) ? JSON.stringify(json.run) : '';
  if (hashText(written) !== reading.value.sha256)
    return { ok: false, newer: false, reason: `${path} is damaged: its content has changed since it was written.` };
  return { ok: true, record: reading.value };
}

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A run's own columns; JSON is still text. */
type RunColumns = Pick<
  RunRecordBody,
  'name' | 'note' | 'state' | 'failure' | 'createdAtMs' | 'updatedAtMs' | 'deletedAtMs' | 'resumes' | 'basedOn'
> & { datasetId: DatasetId } & Record<'recipe', string> &
  Record<'report' | 'finishPlace' | 'layers', string | null> &
  Record<'revision' | 'finishAsked', number>;

/** What a record of a run would say now; null where there is no such run. @throws DecantError `store.unreadable` */
export function readRunRows(db: ReadableDb, run: RunId): { revision: number; body: RunRecordBody } | null {
  return db.transaction(() => readRows(db, run))();
}

function readRows(db: ReadableDb, run: RunId): { revision: number; body: RunRecordBody } | null {
  const row = db
    .prepare<[string], RunColumns>(
      `SELECT revision, dataset AS datasetId, name, note, state, failure, created_at AS createdAtMs, updated_at AS updatedAtMs,
         deleted_at AS deletedAtMs, resumes, based_on AS basedOn, recipe, report, finish_asked AS finishAsked, finish_place AS finishPlace, layers
       FROM runs WHERE id = ?`,
    )
    .get(run);
  if (!row) return null;
  const parse = (text: string) => parseSealed(text, `Run ${run}`);
  const { revision, datasetId, recipe, report, finishAsked, finishPlace, layers, ...columns } = row;
  const texts = (sql: string) => db.prepare<[string], string>(sql).pluck().all(run);
  const body: RunRecordBody = {
    ...columns,
    tags: texts('SELECT tag FROM run_tags WHERE run = ? ORDER BY tag'),
    recipe: parse(recipe),
    dataset: readDataset(db, datasetId),
    split: readSplit(db, datasetId, recipe),
    weightsFiles: db
      .prepare<[string], RunRecordBody['weightsFiles'][number]>(
        'SELECT role, path, sha256 FROM weights_files WHERE run = ? ORDER BY role',
      )
      .all(run),
    finishAsked: finishAsked === 1,
    finishPlace: finishPlace === null ? null : parse(finishPlace),
    layers: layers === null ? null : parse(layers),
    stages: db
      .prepare<[string], Omit<RunRecordBody['stages'][number], 'finished'> & { finished: number }>(
        `SELECT stage, started_at AS startedAtMs, elapsed_ms AS elapsedMs, finished FROM stages WHERE run = ?
         ORDER BY started_at, stage`,
      )
      .all(run)
      .map((stage) => ({ ...stage, finished: stage.finished === 1 })),
    sessions: selectSessions(db, run),
    epochs: texts('SELECT metrics FROM epochs WHERE run = ? ORDER BY stage, epoch').map(parse),
    cuts: texts('SELECT facts FROM cuts WHERE run = ? ORDER BY cut').map(parse),
    artifacts: db
      .prepare<[string], RunRecordBody['artifacts'][number]>(
        `SELECT name, path, size_bytes AS sizeBytes, sha256, created_at AS createdAtMs FROM artifacts WHERE run = ?
         ORDER BY name`,
      )
      .all(run),
    exports: texts('SELECT facts FROM exports WHERE run = ? ORDER BY format, precision').map(parse),
    phones: selectPhoneTexts(db, run).map(parse),
    report: report === null ? null : hashText(JSON.stringify(parse(report))),
  };
  return { revision, body };
}

function readDataset(db: ReadableDb, id: string): RunRecordBody['dataset'] {
  const { classes, ...dataset } = db
    .prepare<[string], Omit<RunRecordBody['dataset'], 'classes'> & { classes: string }>(
      'SELECT name, path, fingerprint, classes, images FROM datasets WHERE id = ?',
    )
    .get(id)!; // A foreign key holds it.
  return { ...dataset, classes: parseSealed(classes, `The dataset ${dataset.name}`) };
}

function readSplit(db: ReadableDb, dataset: DatasetId, recipe: string): RunRecordBody['split'] {
  const parsed = parseStoredText(RECIPE_FORM, recipe);
  if (!parsed.ok) return null; // Nobody works on it before it is mended, or Decant updated.
  const settings = splitKey(parsed.value);
  const assignment = findSplit(db, dataset, settings);
  return assignment && { settings, assignment: deflateSync(assignment).toString('base64') };
}
