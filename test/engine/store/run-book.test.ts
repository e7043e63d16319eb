import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../electron/engine/core/ids.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { RUN_SORTS } from '../../../shared/ipc/topics/runs.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { recordPlans } from '../../helpers/query-plans.ts';

const RUNS = 10_000;
const NOBODY: store.LiveRuns = { running: [], paused: [] };
const ALL = { words: [], states: [], tags: [], dataset: null };
const NEWEST = { sort: 'createdAt', descending: true, offset: 0, limit: 100 } as const;
const recipe = recipeSchema.parse({});

let home: string;
let opened: store.Store;
const ids: RunId[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-run-book-'));
  opened = store.openStore(home);
  const { db } = opened;
  db.transaction(() => {
    const datasets = ['Blumen', 'roofs'].map((name) =>
      store.saveDataset(db, { name, path: `/${name}`, fingerprint: 'f', classes: ['a', 'b'], images: 9 }, 1),
    );
    const finish = db.prepare(
      `UPDATE runs SET state = 'finished', student_top1 = ?, student_macs = ?, flops_reduction = ?, teacher_top1 = ?
       WHERE id = ?`,
    );
    const addStudent = db.prepare(
      "INSERT INTO models (run, role, architecture, parameters, macs, facts) VALUES (?, 'student', 'mobilenet-v2', 1, 1, ?)",
    );
    for (let i = 0; i < RUNS; i++) {
      const id = createRunId(1e12 + i * 1000, () => 0.5);
      store.insertRun(db, { id, dataset: datasets[i % 2]!, recipe, state: 'stopped' }, 1e12 + i * 1000);
      if (i % 4 === 0) {
        finish.run((i % 997) / 997, i, 0.4, (i % 89) / 89, id);
        addStudent.run(id, JSON.stringify({ bytes: (i * 7919) % 10007, latencyMs: { p50: (i % 31) / 7 } }));
      }
      ids.push(id);
    }
  })();
}, 120_000);
afterAll(async () => {
  opened.close();
  await rm(home, { recursive: true, force: true });
});

/** What SQLite makes of them: nothing of an unknown or useless teacher. */
const retain = ({ studentTop1, teacherTop1 }: store.RunRowRecord): number | null =>
  studentTop1 === null || !teacherTop1 ? null : studentTop1 / teacherTop1;

describe('the list of runs', () => {
  it('is paged, newest first, with a name made from dataset and time', () => {
    const { total, rows } = store.selectRunRows(opened.db, NOBODY, ALL, { ...NEWEST, offset: 10, limit: 3 });
    expect(total).toBe(RUNS);
    expect(rows.map(({ id }) => id)).toEqual([ids[RUNS - 11], ids[RUNS - 12], ids[RUNS - 13]]);
    expect(rows[0]).toMatchObject({ datasetName: 'roofs', tags: [], note: '', state: 'stopped', queuePosition: null });
    expect(rows[0]!.name).toMatch(/^roofs · \d+ Sep \d\d:\d\d$/);
  });

  it.each(RUN_SORTS)('is sorted by %s as JavaScript would sort it, unknown last', (sort) => {
    for (const descending of [false, true]) {
      const { rows } = store.selectRunRows(opened.db, NOBODY, ALL, { sort, descending, offset: 0, limit: 500 });
      const key = { createdAt: 'createdAtMs' }[sort as string] ?? sort;
      const values = rows.map((row) =>
        sort === 'retention' ? retain(row) : (row[key as keyof typeof row] as string | number | null),
      );
      const known = values.filter((value) => value !== null);
      const compare = (a: string | number, b: string | number) =>
        typeof a === 'string' ? (a.toLowerCase() < String(b).toLowerCase() ? -1 : 1) : a - Number(b);
      const sorted = [...known].sort((a, b) => (a === b ? 0 : descending ? compare(b, a) : compare(a, b)));
      expect(known).toEqual(sorted);
      expect(values.slice(0, known.length)).toEqual(known);
    }
  });

  it('knows which run a run was started again from, also once that is deleted', () => {
    const { db } = opened;
    const [first, again] = [createRunId(2e12, () => 0.1), createRunId(2e12, () => 0.2)];
    const { dataset } = store.findRunRow(db, NOBODY, ids[0]!)!;
    db.transaction(() => {
      store.insertRun(db, { id: first, dataset, recipe, name: 'first' }, 5);
      store.insertRun(db, { id: again, dataset, recipe, basedOn: first }, 6);
      expect(store.findRunRow(db, NOBODY, first)!.basedOn).toBeNull();
      expect(store.findRunRow(db, NOBODY, again)!.basedOn).toEqual({ id: first, name: 'first' });
      store.hideRun(db, first, 7);
      expect(store.findRunRow(db, NOBODY, again)!.basedOn).toEqual({ id: first, name: null });
      db.prepare('DELETE FROM runs WHERE id IN (?, ?)').run(first, again);
    })();
  });

  it('finds words in name, note, tags and dataset, whatever their case, and takes no word for a pattern', () => {
    const { db } = opened;
    store.annotateRun(db, ids[5]!, { name: 'Ärger mit 100 % Müll', note: 'second try', tags: ['keep', 'PHONE'] });
    const find = (...words: string[]) =>
      store.selectRunRows(db, NOBODY, { ...ALL, words }, NEWEST).rows.map(({ id }) => id);
    expect(find('ärger')).toEqual([ids[5]]);
    expect(find('SECOND', 'phone', 'roofs')).toEqual([ids[5]]);
    expect(find('second', 'blumen')).toEqual([]);
    expect(find('100 %')).toEqual([ids[5]]);
    expect(find('m_ll')).toEqual([]);
    store.annotateRun(db, ids[5]!, { tags: [] });
    expect(find('phone')).toEqual([]);
    expect(store.findRunRow(db, NOBODY, ids[5]!)).toMatchObject({ name: 'Ärger mit 100 % Müll', note: 'second try' });
  });

  it('filters by state, tag and dataset', () => {
    const { db } = opened;
    const count = (filter: Partial<store.RowFilter>, live = NOBODY) =>
      store.selectRunRows(db, live, { ...ALL, ...filter }, { ...NEWEST, limit: 1 }).total;
    expect(count({ states: ['finished'] })).toBe(RUNS / 4);
    expect(count({ states: ['finished', 'stopped'] })).toBe(RUNS);
    store.annotateRun(db, ids[1]!, { tags: ['a', 'b'] });
    store.annotateRun(db, ids[2]!, { tags: ['b'] });
    expect(store.selectTags(db)).toEqual([
      { tag: 'b', runs: 2 },
      { tag: 'a', runs: 1 },
    ]);
    expect(count({ tags: ['b'] })).toBe(2);
    expect(count({ tags: ['a', 'b'] })).toBe(1);
    expect(count({ dataset: store.findRun(db, ids[0]!).dataset })).toBe(RUNS / 2);
    for (const id of [ids[1]!, ids[2]!, ids[3]!]) store.markResumed(db, id, 1);
    const live = { running: [ids[1]!, ids[2]!], paused: [ids[2]!] };
    expect(count({ states: ['running'] }, live)).toBe(1);
    expect(count({ states: ['paused'] }, live)).toBe(1);
    expect(count({ states: ['interrupted'] }, live)).toBe(1);
    expect(store.selectRunsAtWork(db).sort()).toEqual([ids[1], ids[2], ids[3]]);
    for (const id of [ids[1]!, ids[2]!, ids[3]!]) store.markEnded(db, id, { state: 'stopped' }, 1);
  });

  it('answers in milliseconds, and looks a page’s facts up for that page only', () => {
    const { db } = opened;
    const list = (order: Partial<store.RowOrder>, filter: Partial<store.RowFilter> = {}) =>
      store.selectRunRows(db, NOBODY, { ...ALL, ...filter }, { ...NEWEST, ...order });
    const plans = recordPlans(opened, () => {
      for (const sort of ['createdAt', 'studentTop1', 'flopsReduction', 'macs', 'elapsedMs'] as const) list({ sort });
      list({ sort: 'name', descending: false });
    }).filter(({ sql }) => sql.includes('AS page'));
    for (const { sql, plan } of plans) {
      const page = plan.find((line) => line.startsWith('SCAN runs'));
      expect(page, sql).toContain('SCAN runs USING COVERING INDEX runs_by_');
      expect(
        plan.filter((line) => /^SCAN (stages|run_tags|datasets)/.test(line)),
        sql,
      ).toEqual([]);
    }
    const filtered = recordPlans(opened, () => list({}, { words: ['roofs'], tags: ['a'], dataset: 'd' }));
    for (const { sql, plan } of filtered) {
      const scans = plan.filter((line) => line.startsWith('SCAN runs'));
      expect(
        scans.every((line) => line.includes('USING COVERING INDEX')),
        `${sql}\n${plan.join('\n')}`,
      ).toBe(true);
    }
    const startedAt = performance.now();
    for (const sort of RUN_SORTS) list({ sort, offset: 5000 }, { words: ['roofs'], states: ['stopped'] });
    expect((performance.now() - startedAt) / RUN_SORTS.length).toBeLessThan(250);
  });
});

describe('hidden runs', () => {
  it('are nowhere until they are restored, and can be purged', async () => {
    const { db } = opened;
    const [id] = ids.slice(20) as [RunId];
    const total = () => store.selectRunRows(db, NOBODY, ALL, NEWEST).total;
    store.hideRun(db, id, 500);
    expect(total()).toBe(RUNS - 1);
    expect(store.selectRuns(db)).toHaveLength(RUNS - 1);
    expect(store.findRunRow(db, NOBODY, id)).toBeNull();
    expect(() => store.findRun(db, id)).toThrow(expect.objectContaining({ code: 'run.unknown' }));
    expect(() => store.annotateRun(db, id, { note: 'x' })).toThrow(expect.objectContaining({ code: 'run.unknown' }));
    expect(store.selectHiddenRuns(db, 499)).toEqual([]);
    expect(store.selectHiddenRuns(db, 500)).toEqual([id]);
    store.restoreHiddenRun(db, id);
    expect(total()).toBe(RUNS);
    store.hideRun(db, id, 500);
    await store.deleteRun(opened, id);
    expect(() => store.restoreHiddenRun(db, id)).toThrow(expect.objectContaining({ code: 'run.unknown' }));
  });
});

describe('the queue', () => {
  beforeEach(() => {
    for (const id of store.selectQueue(opened.db)) store.leaveQueue(opened.db, id);
  });

  it('keeps its order without gaps, whatever is moved, taken or leaves', () => {
    const { db } = opened;
    const [a, b, c, d] = ids.slice(100, 104) as [RunId, RunId, RunId, RunId];
    for (const id of [a, b, c]) store.putInQueue(db, id);
    expect(store.selectQueue(db)).toEqual([a, b, c]);
    store.putInQueue(db, c, 1);
    store.putInQueue(db, d, 2);
    expect(store.selectQueue(db)).toEqual([c, d, a, b]);
    store.putInQueue(db, c, 99);
    store.leaveQueue(db, a);
    expect(store.selectQueue(db)).toEqual([d, b, c]);
    expect(store.findRunRow(db, NOBODY, b)).toMatchObject({ state: 'queued', queuePosition: 2 });
    expect(store.takeFromQueue(db, new Set([d]))).toBe(b);
    expect(store.findRunRow(db, NOBODY, c)).toMatchObject({ queuePosition: 2 });
    expect(store.selectCutOffWork(db)).toEqual([{ id: b, attempts: 1 }]);
    store.putInQueue(db, b, 1);
    expect(store.selectCutOffWork(db)).toEqual([]);
    store.takeFromQueue(db);
    expect(store.selectCutOffWork(db)).toEqual([{ id: b, attempts: 2 }]);
    store.noteProgress(db, b);
    expect(store.selectCutOffWork(db)).toEqual([{ id: b, attempts: 1 }]);
    store.endWork(db, b);
    expect(store.selectCutOffWork(db)).toEqual([]);
    for (const expected of [d, c, null]) expect(store.takeFromQueue(db)).toBe(expected);
    for (const id of [c, d]) store.endWork(db, id);
  });

  it('is read by its index', () => {
    const plans = recordPlans(opened, () => {
      store.selectQueue(opened.db);
      store.selectCutOffWork(opened.db);
      store.selectRunsAtWork(opened.db);
      store.selectHiddenRuns(opened.db, 1);
    });
    expect(plans.map(({ plan }) => plan.join())).toEqual([
      expect.stringContaining('runs_in_queue'),
      expect.stringContaining('runs_taken'),
      expect.stringContaining('runs_by_state'),
      expect.stringContaining('runs_deleted'),
    ]);
  });
});

it('the log keeps the last 2 000 lines', () => {
  const { db } = opened;
  const run = ids[50]!;
  db.transaction(() => {
    for (let i = 1; i <= 2050; i++) store.appendLog(db, run, { atMs: i, level: 'info', text: `line ${i}` });
  })();
  const log = store.selectLog(db, run);
  expect(log).toHaveLength(2000);
  expect(log[0]).toEqual({ atMs: 51, level: 'info', text: 'line 51' });
  expect(log.at(-1)!.text).toBe('line 2050');
});
