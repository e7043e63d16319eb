import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunId, type DatasetId, type RunId } from '../../../electron/engine/core/ids.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { openStore, openStoreForReading, type Store, storePath } from '../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { recordPlans } from '../../helpers/query-plans.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-store-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function addRun(opened: Store, nowMs = 1000): RunId {
  const dataset = store.saveDataset(
    opened.db,
    { name: 'flowers', path: '/data/flowers', fingerprint: 'f', classes: ['a', 'b'], images: 9 },
    nowMs,
  );
  const id = createRunId(nowMs, () => 0.5);
  store.insertRun(opened.db, { id, dataset, recipe: recipeSchema.parse({ seed: 7 }) }, nowMs);
  return id;
}

function expectCode(work: () => unknown, code: string, text: RegExp): void {
  expect(work).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
}

describe('openStore', () => {
  it('makes a STRICT, WAL, foreign-keyed store and opens it again with its content', () => {
    const first = openStore(home);
    const run = addRun(first);
    expect(first.db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(first.db.pragma('foreign_keys', { simple: true })).toBe(1);
    const tables = first.db
      .prepare<[], { name: string; strict: number }>("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
      .all()
      .filter((table) => !table.name.startsWith('sqlite_'));
    expect(tables.length).toBeGreaterThan(8);
    expect(tables.filter((table) => !table.strict)).toEqual([]);
    first.close();

    const again = openStore(home);
    expect(store.findRun(again.db, run)).toMatchObject({ id: run, datasetName: 'flowers', state: 'running' });
    expect(store.readRecipe(again.db, run).seed).toBe(7);
    expect(again.db.pragma('integrity_check', { simple: true })).toBe('ok');
    again.close();
  });

  it('refuses rows of a dataset that is not there', () => {
    const opened = openStore(home);
    const orphan = { id: createRunId(1, () => 0), dataset: 'nowhere' as DatasetId, recipe: recipeSchema.parse({}) };
    expect(() => store.insertRun(opened.db, orphan, 1)).toThrow(/FOREIGN KEY/);
    opened.close();
  });

  it('makes nothing when opened for reading where there is no store', () => {
    expect(openStoreForReading(join(home, 'none'))).toBeNull();
    expect(existsSync(join(home, 'none'))).toBe(false);
  });

  it('says that it cannot be written where the home lies under a file', () => {
    writeFileSync(join(home, 'file'), '');
    expectCode(() => openStore(join(home, 'file', 'home')), 'output.unwritable', /Cannot write .*file/);
  });

  it.skipIf(process.getuid?.() === 0)('says that it cannot be written in a read-only folder', () => {
    mkdirSync(join(home, 'locked'), { mode: 0o500 });
    expectCode(() => openStore(join(home, 'locked')), 'output.unwritable', /read-only|permission/);
  });

  it('says which process to wait for when another one keeps the store locked', () => {
    openStore(home).close();
    const other = new Database(storePath(home));
    other.exec('BEGIN EXCLUSIVE');
    const opened = openStore(home, { busyTimeoutMs: 20 });
    let failure: unknown;
    try {
      addRun(opened);
    } catch (error) {
      failure = store.describeStoreFailure(storePath(home), error);
    }
    expect(failure).toMatchObject({ code: 'store.busy', message: expect.stringMatching(/Another process .* locked/) });
    other.close();
    addRun(opened);
    opened.close();
  });
});

describe('a damaged store', () => {
  beforeEach(() => {
    const opened = openStore(home);
    const fill = opened.db.transaction(() => {
      for (let i = 0; i < 200; i++) {
        const id = createRunId(i + 1, () => i / 200);
        const dataset = store.saveDataset(
          opened.db,
          { name: 'd', path: `/d${i}`, fingerprint: 'f', classes: ['a'], images: 1 },
          i,
        );
        store.insertRun(opened.db, { id, dataset, recipe: recipeSchema.parse({}) }, i);
      }
    });
    fill();
    opened.db.pragma('wal_checkpoint(TRUNCATE)');
    opened.close();
  });

  const cases: [name: string, harm: (path: string) => void][] = [
    [
      'random bytes',
      (path) => writeFileSync(path, Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 37) % 251))),
    ],
    ['text', (path) => writeFileSync(path, 'hello, this is not a database')],
    ['cut to half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['cut within the first page', (path) => truncateSync(path, 700)],
    ['cut within the header', (path) => truncateSync(path, 10)],
    [
      'a page overwritten',
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0xab, 4096 * 2, 4096 * 4);
        writeFileSync(path, bytes);
      },
    ],
  ];
  it.each(cases)('%s: one sentence, and the file stays as it is', (_name, harm) => {
    harm(storePath(home));
    const before = readFileSync(storePath(home));
    expectCode(() => openStore(home), 'store.unreadable', /decant\.sqlite cannot be read: .*doctor --repair/);
    expect(readFileSync(storePath(home))).toEqual(before);
  });

  it('of no bytes, with runs beside it, is not taken for a new one', () => {
    truncateSync(storePath(home), 0);
    mkdirSync(join(home, 'runs', '0123456789abcd'), { recursive: true });
    expectCode(() => openStore(home), 'store.unreadable', /it is empty/);
    expect(statSync(storePath(home)).size).toBe(0);
  });

  it('of another program is refused', async () => {
    await rm(home, { recursive: true });
    mkdirSync(home);
    const foreign = new Database(storePath(home));
    foreign.exec('CREATE TABLE t (x)');
    foreign.close();
    expectCode(() => openStore(home), 'store.unreadable', /another program/);
  });

  it('from a newer Decant is refused and not changed', () => {
    const db = new Database(storePath(home));
    db.pragma('user_version = 99990');
    db.close();
    const before = readFileSync(storePath(home));
    expectCode(() => openStore(home), 'store.newer', /version 99990.*update Decant/);
    expect(readFileSync(storePath(home))).toEqual(before);
    expect(readdirSync(home)).toEqual(['decant.sqlite']);
  });
});

describe('queries', () => {
  it('keep stages in their order though the clock is set back', () => {
    const opened = openStore(home);
    const { db } = opened;
    const run = addRun(opened);
    store.startStage(db, run, 'prepare', 3_600_000);
    store.startStage(db, run, 'teacher', 1000);
    store.startStage(db, run, 'warm-up', 500);
    expect(store.selectStages(db, run).map(({ stage }) => stage)).toEqual(['prepare', 'teacher', 'warm-up']);
    expect(store.findRun(db, run).stage).toBe('warm-up');
    opened.close();
  });

  it('keep a run from its start to its report', () => {
    const opened = openStore(home);
    const { db } = opened;
    const run = addRun(opened);
    const report = createSampleReport();
    store.startStage(db, run, 'teacher', 10);
    store.addStageTime(db, run, 'teacher', 500, false);
    store.startStage(db, run, 'teacher', 99);
    store.addStageTime(db, run, 'teacher', 250, true);
    store.startStage(db, run, 'warm-up', 20);
    for (const epoch of report.history) store.saveEpoch(db, run, epoch);
    store.saveEpoch(db, run, { ...report.history[0]!, loss: 42 });
    for (const cut of report.cuts) store.saveCut(db, run, cut);

    expect(store.selectStages(db, run)).toEqual([
      { stage: 'teacher', elapsedMs: 750, finished: true },
      { stage: 'warm-up', elapsedMs: 0, finished: false },
    ]);
    expect(store.selectEpochs(db, run)).toHaveLength(report.history.length);
    expect(store.selectEpochs(db, run, 'teacher')[0]).toEqual({ ...report.history[0]!, loss: 42 });
    expect(store.selectCuts(db, run)).toEqual(report.cuts);

    store.markEnded(db, run, { state: 'failed', failure: 'The loss is not a number.' }, 30);
    expect(store.findRun(db, run)).toMatchObject({ state: 'failed', failure: 'The loss is not a number.' });
    store.markResumed(db, run, 40);
    expect(store.findRun(db, run)).toMatchObject({ state: 'running', failure: null, resumes: 1, stage: 'warm-up' });
    expect(store.readReport(db, run)).toBeNull();
    store.finishRun(db, run, report, 50);
    expect(store.findRun(db, run)).toMatchObject({ state: 'finished', studentTop1: report.student.top1 });
    expect(store.readReport(db, run)).toEqual(report);
    expect(
      store
        .selectModels(db, run)
        .map((row) => row.role)
        .sort(),
    ).toEqual(['baseline', 'student', 'teacher']);
    expect(store.selectExports(db, run)).toEqual(report.exports);
    opened.close();
  });

  it('list runs newest first', () => {
    const opened = openStore(home);
    const [old, young] = [addRun(opened, 1000), addRun(opened, 2000)];
    expect(store.selectRuns(opened.db).map((run) => run.id)).toEqual([young, old]);
    expectCode(() => store.findRun(opened.db, 'nope'), 'run.unknown', /"nope".*decant runs/);
    opened.close();
  });

  it('keep every process that worked on a run, with the most memory that each told of', () => {
    const opened = openStore(home);
    const { db } = opened;
    const run = addRun(opened);
    store.notePeakMemory(db, run, 5);
    expect(store.selectSessions(db, run)).toEqual([]);
    const simd = { backend: 'simd', device: 'CPU', threads: 2, precision: 'f32' };
    const webgpu = { backend: 'webgpu', device: 'GPU', threads: 0, precision: 'mixed' };
    expect(store.startSession(db, run, { ...simd, begunAtMs: 1 })).toBe(1);
    store.notePeakMemory(db, run, 700);
    store.notePeakMemory(db, run, 300);
    expect(store.startSession(db, run, { ...webgpu, begunAtMs: 2 })).toBe(2);
    store.notePeakMemory(db, run, 400);
    expect(store.selectSessions(db, run)).toEqual([
      { session: 1, ...simd, begunAtMs: 1, peakMemoryBytes: 700 },
      { session: 2, ...webgpu, begunAtMs: 2, peakMemoryBytes: 400 },
    ]);
    opened.close();
  });

  it('put a run back to what it was before it was taken up', () => {
    const opened = openStore(home);
    const { db } = opened;
    const run = addRun(opened);
    store.markEnded(db, run, { state: 'failed', failure: 'The disk was full.' }, 30);
    const before = store.findRun(db, run);
    const moved = { name: 'flowers', path: '/elsewhere', fingerprint: 'f', classes: ['a', 'b'], images: 9 };
    store.moveRunDataset(db, run, store.saveDataset(db, moved, 40));
    store.markResumed(db, run, 40);
    expect(store.findRun(db, run)).not.toEqual(before);
    store.restoreRun(db, before);
    expect(store.findRun(db, run)).toEqual(before);
    opened.close();
  });

  it('keep the first split that was made', () => {
    const opened = openStore(home);
    const { dataset } = store.findRun(opened.db, addRun(opened));
    store.saveSplit(opened.db, dataset, 'seed=1', new Uint8Array([0, 1, 2]));
    store.saveSplit(opened.db, dataset, 'seed=1', new Uint8Array([2, 2, 2]));
    expect([...store.findSplit(opened.db, dataset, 'seed=1')!]).toEqual([0, 1, 2]);
    expect(store.findSplit(opened.db, dataset, 'seed=2')).toBeNull();
    expect(store.findDataset(opened.db, dataset)).toMatchObject({ classes: ['a', 'b'], images: 9 });
    opened.close();
  });

  it('use indexes: no query looks through a whole table', () => {
    const opened = openStore(home);
    const run = addRun(opened);
    const { dataset } = store.findRun(opened.db, run);
    const report = createSampleReport();
    const plans = recordPlans(opened, () => {
      store.findRun(opened.db, run);
      store.readRecipe(opened.db, run);
      store.readReport(opened.db, run);
      store.findDataset(opened.db, dataset);
      store.findSplit(opened.db, dataset, 's');
      store.selectStages(opened.db, run);
      store.selectEpochs(opened.db, run);
      store.selectEpochs(opened.db, run, 'teacher');
      store.selectCuts(opened.db, run);
      store.selectModels(opened.db, run);
      store.selectPoints(opened.db, dataset);
      store.findDatasetRow(opened.db, dataset);
      store.findInspection(opened.db, dataset);
      store.deleteDataset(opened.db, dataset);
      store.deleteFormerDatasets(opened.db, { id: dataset, path: '/data/flowers' });
      store.selectExports(opened.db, run);
      store.selectStepPoints(opened.db, run);
      store.saveStepPoints(opened.db, run, []);
      store.forgetStepPoints(opened.db, run, 'student', 1);
      store.selectLog(opened.db, run);
      store.readLayers(opened.db, run);
      store.readFinish(opened.db, run);
      store.requireReadable(opened.db, run);
      store.writeRunRecord(opened, run);
      store.selectSessions(opened.db, run);
      store.notePeakMemory(opened.db, run, 1);
      store.selectWeightsFiles(opened.db, run);
      store.selectArtifacts(opened.db, run);
      store.findArtifact(opened.db, run, 'checkpoint.bin');
      store.addStageTime(opened.db, run, 'teacher', 1, false);
      store.markResumed(opened.db, run, 1);
      store.moveRunDataset(opened.db, run, dataset);
      store.restoreRun(opened.db, store.findRun(opened.db, run));
      store.finishRun(opened.db, run, report, 1);
    });
    expect(plans.length).toBeGreaterThan(15);
    for (const { sql, plan } of plans)
      expect(
        plan.filter((line) => line.startsWith('SCAN')),
        sql,
      ).toEqual([]);
    const epochs = plans.filter(({ sql }) => sql.includes('FROM epochs'));
    for (const { plan } of epochs) expect(plan.join(), 'sorted by its key').not.toContain('TEMP B-TREE');

    // Listing all runs must walk them all, and does so in the order of an index.
    const [list] = recordPlans(opened, () => store.selectRuns(opened.db));
    expect(list!.plan.join('; ')).toContain('SCAN runs USING INDEX runs_by_age');
    const [datasets] = recordPlans(opened, () => store.selectDatasetRows(opened.db));
    expect(datasets!.plan.join('; ')).toContain('SCAN datasets USING INDEX datasets_by_age');
    opened.close();
  });
});
