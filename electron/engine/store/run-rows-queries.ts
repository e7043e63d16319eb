import type { AppRunState } from '../../../shared/ipc/topics/runs.ts';
import type { DatasetId, RunId } from '../core/ids.ts';
import type { ReadableDb } from './connection.ts';
import { checkFigures } from './stored-json.ts';

/** A run as a table shows it. */
export interface RunRowRecord {
  id: RunId;
  name: string;
  note: string;
  tags: string[];
  dataset: DatasetId;
  datasetName: string;
  state: AppRunState;
  stage: string | null;
  failure: string | null;
  createdAtMs: number;
  updatedAtMs: number;
  queuePosition: number | null;
  studentTop1: number | null;
  teacherTop1: number | null;
  macs: number | null;
  parameters: number | null;
  flopsReduction: number | null;
  /** Of the student's fp32 file. */
  studentBytes: number | null;
  /** The student's p50 at batch 1, milliseconds. */
  latencyMs: number | null;
  /** The lowest p50 at batch 1 of one of the student's files on a phone, milliseconds. */
  phoneLatencyMs: number | null;
  elapsedMs: number;
  /** The run that it was started again from; without a name where that was deleted. */
  basedOn: { id: string; name: string | null } | null;
}

/** Which of the runs that the store calls running are alive, as only locks and processes tell; the others were cut off. */
export interface LiveRuns {
  readonly running: readonly string[];
  readonly paused: readonly string[];
}

export interface RowFilter {
  /** Words that all must be found. */
  readonly words: readonly string[];
  readonly states: readonly AppRunState[];
  /** Tags that it must have, all of them. */
  readonly tags: readonly string[];
  readonly dataset: string | null;
}

export interface RowOrder {
  readonly sort: keyof typeof SORTS;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

const STATE = `CASE
  WHEN runs.queue_place IS NOT NULL THEN 'queued'
  WHEN runs.state <> 'running' THEN runs.state
  WHEN runs.id IN (SELECT value FROM json_each(@paused)) THEN 'paused'
  WHEN runs.id IN (SELECT value FROM json_each(@running)) THEN 'running'
  ELSE 'interrupted' END`;

/** A fact of the student as its model's row has it. */
const studentFact = (path: string): string =>
  `(SELECT json_extract(facts, '$.${path}') FROM models WHERE models.run = runs.id AND role = 'student')`;
const BYTES = studentFact('bytes');
const LATENCY = studentFact('latencyMs.p50');
const PHONE_LATENCY = `(SELECT min(json_extract(result.value, '$.latencyMs.p50'))
  FROM phone_measurements, json_each(phone_measurements.facts, '$.results') AS result
  WHERE phone_measurements.run = runs.id AND phone_measurements.removed_at IS NULL)`;

const SORTS = {
  createdAt: 'runs.created_at',
  name: 'runs.name COLLATE NOCASE',
  datasetName: '(SELECT name FROM datasets WHERE id = runs.dataset) COLLATE NOCASE',
  state: STATE,
  studentTop1: 'runs.student_top1',
  teacherTop1: 'runs.teacher_top1',
  retention: 'runs.student_top1 / nullif(runs.teacher_top1, 0)',
  flopsReduction: 'runs.flops_reduction',
  macs: 'runs.student_macs',
  studentBytes: BYTES,
  latencyMs: LATENCY,
  phoneLatencyMs: PHONE_LATENCY,
  elapsedMs: 'runs.elapsed_ms',
};

const COLUMNS = `
  runs.id, runs.name, runs.note, runs.dataset, datasets.name AS datasetName, ${STATE} AS state, runs.failure,
  (SELECT json_group_array(tag) FROM run_tags WHERE run = runs.id) AS tags,
  (SELECT stage FROM stages WHERE run = runs.id ORDER BY started_at DESC LIMIT 1) AS stage,
  runs.created_at AS createdAtMs, runs.updated_at AS updatedAtMs, runs.queue_place AS queuePosition,
  runs.student_top1 AS studentTop1, runs.teacher_top1 AS teacherTop1, runs.student_macs AS macs,
  runs.student_parameters AS parameters, runs.flops_reduction AS flopsReduction, runs.elapsed_ms AS elapsedMs,
  ${BYTES} AS studentBytes, ${LATENCY} AS latencyMs, ${PHONE_LATENCY} AS phoneLatencyMs, runs.based_on AS basedOn,
  (SELECT name FROM runs AS first WHERE first.id = runs.based_on AND first.deleted_at IS NULL) AS basedOnName,
  runs.figures_sum AS sum`;

type Bindings = Record<string, string | number>;

/** A page of the runs that meet a filter, and how many there are in all. */
export function selectRunRows(
  db: ReadableDb,
  live: LiveRuns,
  filter: RowFilter,
  { sort, descending, offset, limit }: RowOrder,
): { total: number; rows: RunRowRecord[] } {
  const { where, bindings } = writeConditions(live, filter);
  const order = `${SORTS[sort]} ${descending ? 'DESC' : 'ASC NULLS LAST'}, runs.rowid ${descending ? 'DESC' : 'ASC'}`;
  // The page is found first, so that what is told of a run is looked up for those of the page only.
  const rows = db
    .prepare<[Bindings], RawRow>(
      `SELECT ${COLUMNS} FROM (SELECT rowid FROM runs WHERE ${where} ORDER BY ${order} LIMIT @limit OFFSET @offset) AS page
       CROSS JOIN runs ON runs.rowid = page.rowid JOIN datasets ON datasets.id = runs.dataset ORDER BY ${order}`,
    )
    .all({ ...bindings, ...bindLive(live), limit, offset });
  const total = db.prepare<[Bindings], number>(`SELECT count(*) FROM runs WHERE ${where}`).pluck().get(bindings)!; // Always a row.
  return { total, rows: rows.map(readRow) };
}

/** One run; null where there is none, or it was deleted. */
export function findRunRow(db: ReadableDb, live: LiveRuns, id: string): RunRowRecord | null {
  const row = db
    .prepare<[Bindings], RawRow>(
      `SELECT ${COLUMNS} FROM runs JOIN datasets ON datasets.id = runs.dataset
       WHERE runs.id = @id AND runs.deleted_at IS NULL`,
    )
    .get({ ...bindLive(live), id });
  return row ? readRow(row) : null;
}

/** Runs that the store calls running, alive or not. */
export function selectRunsAtWork(db: ReadableDb): RunId[] {
  return db.prepare<[], RunId>("SELECT id FROM runs WHERE state = 'running' AND deleted_at IS NULL").pluck().all();
}

/** Every tag with the number of runs that have it, the commonest first. */
export function selectTags(db: ReadableDb): { tag: string; runs: number }[] {
  return db
    .prepare<[], { tag: string; runs: number }>(
      `SELECT tag, count(*) AS runs FROM run_tags
       WHERE run NOT IN (SELECT id FROM runs WHERE deleted_at IS NOT NULL) GROUP BY tag ORDER BY runs DESC, tag`,
    )
    .all();
}

type RawRow = Omit<RunRowRecord, 'tags' | 'basedOn'> & {
  tags: string;
  sum: string | null;
  basedOn: string | null;
  basedOnName: string | null;
};

function readRow({ sum, basedOn, basedOnName, ...row }: RawRow): RunRowRecord {
  const { studentTop1, teacherTop1, flopsReduction, macs, parameters } = row;
  checkFigures([studentTop1, teacherTop1, flopsReduction, macs, parameters], sum, `Run ${row.id}`);
  return {
    ...row,
    tags: JSON.parse(row.tags) as string[], // Written by json_group_array.
    basedOn: basedOn === null ? null : { id: basedOn, name: basedOnName },
  };
}

function bindLive({ running, paused }: LiveRuns): Bindings {
  return { running: JSON.stringify(running), paused: JSON.stringify(paused) };
}

/** Conditions are only those that are asked for, so that each can use its index; values are bound, never written in. */
function writeConditions(live: LiveRuns, { words, states, tags, dataset }: RowFilter) {
  const conditions = ['runs.deleted_at IS NULL'];
  const searched = ['deleted_at IS NULL'];
  const bindings: Bindings = {};
  for (const [i, word] of words.entries()) {
    searched.push(`search LIKE @word${i} ESCAPE '\\'`);
    bindings[`word${i}`] = `%${word.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  }
  // Found in the index of what is searched alone; the plus keeps the order's index for the rest.
  if (words.length > 0) conditions.push(`+runs.rowid IN (SELECT rowid FROM runs WHERE ${searched.join(' AND ')})`);
  for (const [i, tag] of tags.entries()) {
    conditions.push(
      `+runs.rowid IN (SELECT rowid FROM runs WHERE id IN (SELECT run FROM run_tags WHERE tag = @tag${i}))`,
    );
    bindings[`tag${i}`] = tag;
  }
  if (dataset !== null) {
    conditions.push('runs.dataset = @dataset');
    bindings.dataset = dataset;
  }
  if (states.length > 0) {
    conditions.push(`${STATE} IN (SELECT value FROM json_each(@states))`);
    Object.assign(bindings, bindLive(live), { states: JSON.stringify(states) });
  }
  return { where: conditions.join(' AND '), bindings };
}
