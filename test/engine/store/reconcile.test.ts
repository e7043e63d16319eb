import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../electron/engine/core/clock.ts';
import { createRunId, type RunId } from '../../../electron/engine/core/ids.ts';
import { RunBook } from '../../../electron/engine/run/book/run-book.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { writeStored } from '../../../shared/stored/form.ts';
import { REPORT_FORM } from '../../../shared/stored/run-forms.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

let home: string;
let opened: store.Store;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-reconcile-'));
  opened = store.openStore(home);
});
afterEach(async () => {
  opened.close();
  await rm(home, { recursive: true, force: true });
});

const RECIPE = recipeSchema.parse({ seed: 7 });
const STEP = {
  stage: 'teacher',
  step: 1,
  epoch: 1,
  loss: 1,
  terms: {},
  learningRate: 1,
  factors: {},
  macs: 1,
  imagesPerSecond: 1,
} as const;

/** A run that has been trained for a while, with a checkpoint. */
async function addRun(salt: number): Promise<RunId> {
  const { db } = opened;
  const known = { name: 'flowers', path: '/data/flowers', fingerprint: 'f', classes: ['a', 'b'], images: 9 };
  const dataset = store.saveDataset(db, known, salt);
  const id = createRunId(1_700_000_000_000 + salt, () => 0.5);
  store.insertRun(db, { id, dataset, recipe: RECIPE, basedOn: '01kafirst0000' }, salt);
  store.saveSplit(db, dataset, store.splitKey(RECIPE), new Uint8Array([0, 1, 2, 3, 1, 1, 1, 1, 1]));
  store.saveWeightsFile(db, id, { role: 'teacher', path: '/w.safetensors', sha256: 'a'.repeat(64) });
  store.startSession(db, id, { backend: 'simd', device: 'CPU', threads: 2, precision: 'f32', begunAtMs: 3 });
  store.startStage(db, id, 'teacher', 4);
  store.saveLayers(db, id, [{ name: 'conv', before: 16, now: 8 }]);
  store.askToFinish(db, id);
  store.saveStepPoints(db, id, [{ network: 'teacher', point: STEP }]);
  const report = createSampleReport();
  await store.saveArtifact(
    opened,
    id,
    { name: 'checkpoint-a.bin', content: new Uint8Array([1, 2, 3]) },
    {
      nowMs: 5,
      alsoWrite() {
        for (const epoch of report.history) store.saveEpoch(db, id, epoch);
        for (const cut of report.cuts) store.saveCut(db, id, cut);
        store.addStageTime(db, id, 'teacher', 12.5, true);
      },
    },
  );
  store.annotateRun(db, id, { name: 'mine', note: 'A note.', tags: ['x', 'y'] });
  store.writeRunRecord(opened, id);
  return id;
}

/** Ends a run as `walkRun` does. */
function finish(id: RunId): void {
  const report = { ...createSampleReport(), run: id };
  const results = join(store.runFolder(home, id), 'results');
  mkdirSync(results);
  writeFileSync(join(results, 'report.json'), `${JSON.stringify(writeStored(REPORT_FORM, report), null, 2)}\n`);
  store.finishRun(opened.db, id, report, 6);
  store.writeRunRecord(opened, id);
}

/** All rows of a store but for curves, the log, revisions, and when datasets were looked at. */
function dump(): Record<string, unknown[]> {
  const tables = opened.db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('step_points', 'run_log')",
    )
    .pluck()
    .all();
  return Object.fromEntries(
    tables.map((table) => [
      table,
      opened.db
        .prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`)
        .all()
        .map(({ seen_at: _, revision: __, ...row }) => row),
    ]),
  );
}

/** Opens the store again once its files were changed. */
function reopen(change: () => void): void {
  opened.close();
  change();
  opened = store.openStore(home);
}

const loseStore = () => {
  for (const name of readdirSync(home)) if (name.startsWith('decant.sqlite')) rmSync(join(home, name));
};
const ids = () => store.selectRuns(opened.db).map(({ id }) => id);

describe('a store that was moved away', () => {
  it('gets every row back: runs in training, finished, stopped, hidden, as they were', async () => {
    const runs = [await addRun(1), await addRun(2), await addRun(3), await addRun(4)] as const;
    finish(runs[1]);
    store.markEnded(opened.db, runs[2], { state: 'failed', failure: 'The disk was full.' }, 9);
    store.writeRunRecord(opened, runs[2]);
    store.hideRun(opened.db, runs[3], 10);
    store.writeRunRecord(opened, runs[3]);
    const before = dump();
    reopen(loseStore);
    expect(store.findLostRuns(opened)).toEqual([...runs].sort());
    const { restored, left } = store.reconcileRuns(opened);
    expect(left).toEqual([]);
    expect(restored.map(({ run, from, state, name }) => [run, from, state, name])).toEqual([
      [runs[0], 'record', 'running', 'mine'],
      [runs[1], 'record', 'finished', 'mine'],
      [runs[2], 'record', 'failed', 'mine'],
      [runs[3], 'record', 'running', 'mine'],
    ]);
    expect(dump()).toEqual(before);
    expect(store.reconcileRuns(opened)).toEqual({ restored: [], left: [] });
    expect(store.findLostRuns(opened)).toEqual([]);
    expect(new Uint8Array((await store.readArtifact(opened, runs[0], 'checkpoint-a.bin'))!)).toEqual(
      new Uint8Array([1, 2, 3]),
    );
  });

  it('loses no file of any run when a new run begins on the empty one', async () => {
    const run = await addRun(1);
    const files = readdirSync(store.runFolder(home, run));
    reopen(loseStore);
    await store.removeOrphans(opened);
    expect(readdirSync(store.runFolder(home, run))).toEqual(files);
  });
});

it('the app is told of what can be restored, and restores it', async () => {
  const [run, hopeless] = [await addRun(1), await addRun(2)];
  reopen(loseStore);
  rmSync(store.recordPath(home, hopeless));
  const book = new RunBook(opened, systemClock);
  expect(book.countLost()).toBe(1);
  expect(book.restoreLost()).toMatchObject({ restored: [{ run }], left: [{ run: hopeless }] });
  expect(book.countLost()).toBe(0);
  expect(book.row(run)).toMatchObject({ name: 'mine', state: 'interrupted' });
});

describe('a store that is older than the folders', () => {
  it('is brought up to date, and keeps its curves', async () => {
    const run = await addRun(1);
    reopen(() => copyFileSync(store.storePath(home), join(home, 'backup')));
    finish(run);
    const younger = await addRun(2);
    const before = dump();
    reopen(() => {
      loseStore();
      copyFileSync(join(home, 'backup'), store.storePath(home));
    });
    expect(store.findRun(opened.db, run).state).toBe('running');
    const { restored } = store.reconcileRuns(opened);
    expect(restored.map((one) => one.run)).toEqual([run, younger]);
    expect(dump()).toEqual(before);
    expect(store.selectStepPoints(opened.db, run)).toEqual([STEP]);
  });

  it('removes none of the files that only the newer record lists', async () => {
    const run = await addRun(1);
    reopen(() => copyFileSync(store.storePath(home), join(home, 'backup')));
    const file = { name: 'checkpoint-b.bin', content: new Uint8Array([4, 5]) };
    const { path } = await store.saveArtifact(opened, run, file, { nowMs: 7 });
    reopen(() => {
      loseStore();
      copyFileSync(join(home, 'backup'), store.storePath(home));
    });
    await store.removeOrphans(opened);
    expect(existsSync(join(store.runFolder(home, run), path))).toBe(true);
  });

  it('loses its write-ahead log, and nothing else', async () => {
    const run = await addRun(1);
    opened.db.pragma('wal_checkpoint(TRUNCATE)');
    opened.db.pragma('wal_autocheckpoint = 0');
    finish(run);
    const before = dump();
    copyFileSync(store.storePath(home), join(home, 'without-wal'));
    reopen(() => {
      loseStore();
      copyFileSync(join(home, 'without-wal'), store.storePath(home));
    });
    expect(store.readReport(opened.db, run)).toBeNull();
    store.reconcileRuns(opened);
    expect(dump()).toEqual(before);
  });
});

describe('a record that is behind', () => {
  it('is written anew: none yet, or an older one', async () => {
    const run = await addRun(1);
    const path = store.recordPath(home, run);
    const whole = readFileSync(path, 'utf8');
    for (const harm of [() => rmSync(path), () => writeFileSync(path, '{"version":1,"revision":1,')]) {
      harm();
      expect(store.findLostRuns(opened)).toEqual([]);
      expect(store.reconcileRuns(opened)).toEqual({ restored: [], left: [] });
      expect(readFileSync(path, 'utf8')).toBe(whole);
    }
  });

  it('is looked through where that is asked for', async () => {
    const run = await addRun(1);
    const path = store.recordPath(home, run);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.replace('A note.', 'A nose.'));
    store.reconcileRuns(opened);
    expect(readFileSync(path, 'utf8')).not.toBe(whole);
    store.reconcileRuns(opened, { thorough: true });
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('counts every change of what it repeats', async () => {
    const run = await addRun(1);
    const { db } = opened;
    const revision = () => db.prepare<[string], number>('SELECT revision FROM runs WHERE id = ?').pluck().get(run)!;
    const report = createSampleReport();
    const changes: (() => void)[] = [
      () => store.annotateRun(db, run, { note: 'Another.' }),
      () => store.annotateRun(db, run, { tags: ['z'] }),
      () => store.annotateRun(db, run, { tags: [] }),
      () => store.startStage(db, run, 'warm-up', 9),
      () => store.addStageTime(db, run, 'warm-up', 1, false),
      () => store.saveEpoch(db, run, report.history[0]!),
      () => store.saveCut(db, run, report.cuts[0]!),
      () => store.saveLayers(db, run, []),
      () => store.askToFinish(db, run),
      () => store.saveFinishPlace(db, run, { segment: null, batch: 0, stage: 'prune', epoch: 1 }),
      () => store.startSession(db, run, { backend: 'b', device: 'd', threads: 0, precision: 'f32', begunAtMs: 1 }),
      () => store.saveWeightsFile(db, run, { role: 'student', path: '/x', sha256: 'b'.repeat(64) }),
      () => store.hideRun(db, run, 1),
      () => store.restoreHiddenRun(db, run),
      () => store.markEnded(db, run, { state: 'stopped' }, 2),
      () => store.markResumed(db, run, 3),
      () => store.finishRun(db, run, report, 4),
      () => store.saveExport(db, run, report.exports[0]!),
    ];
    for (const change of changes) {
      const before = revision();
      change();
      expect([String(change), revision() > before]).toEqual([String(change), true]);
    }
  });
});

describe('what cannot be restored', () => {
  const lose = async (harm: (folder: string, run: RunId) => void) => {
    const run = await addRun(1);
    finish(run);
    const folder = store.runFolder(home, run);
    harm(folder, run);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    reopen(loseStore);
    const recovery = store.reconcileRuns(opened);
    await store.removeOrphans(opened);
    const now = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'lock.sqlite');
    expect(now).toEqual(expect.arrayContaining(files));
    return { run, folder, ...recovery };
  };

  it('of a finished run from before there were records is told, and the rest is restored', async () => {
    const { run, restored } = await lose((folder) => rmSync(join(folder, 'run.json')));
    expect(restored).toEqual([
      { run, from: 'report', state: 'finished', name: expect.stringMatching(/^flowers12 · /) },
    ]);
    const report = { ...createSampleReport(), run };
    expect(store.readReport(opened.db, run)).toEqual(report);
    expect(store.findRun(opened.db, run)).toMatchObject({ createdAtMs: 1_700_000_000_001, state: 'finished' });
    expect(store.selectArtifacts(opened.db, run).map(({ name }) => name)).toEqual(['checkpoint-a.bin']);
    expect(store.selectCuts(opened.db, run)).toEqual(report.cuts);
    // From now on it has a record.
    reopen(loseStore);
    store.reconcileRuns(opened);
    expect(store.reconcileRuns(opened).left).toEqual([]);
    expect(ids()).toEqual([run]);
  });

  it('of a run whose record is damaged comes from its report', async () => {
    const { restored } = await lose((folder) => {
      const path = join(folder, 'run.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('A note.', 'A nose.'));
    });
    expect(restored.map(({ from }) => from)).toEqual(['report']);
    expect(store.findLostRuns(opened)).toEqual([]);
  });

  it('is named with its reason, and stays', async () => {
    const damaged = await lose((folder) => {
      writeFileSync(join(folder, 'run.json'), '{"version":1,"revision":9,"sha2');
      rmSync(join(folder, 'results'), { recursive: true });
    });
    expect(damaged.restored).toEqual([]);
    expect(damaged.left).toEqual([
      {
        run: damaged.run,
        folder: damaged.folder,
        reason: expect.stringMatching(/run\.json is damaged: it is no JSON/),
      },
    ]);
    expect(ids()).toEqual([]);
  });

  it('waits for a newer Decant, whose record is not written over', async () => {
    const newer = '{"version":99,"revision":9,"what":"ever"}';
    const { left, folder } = await lose((path) => {
      writeFileSync(join(path, 'run.json'), newer);
    });
    expect(left[0]!.reason).toMatch(/made by a newer version of Decant/);
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toBe(newer);
  });

  it('is made again by the last stages where only the report changed', async () => {
    const { run, restored } = await lose((folder) => {
      const path = join(folder, 'results', 'report.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"flowers12"', '"showers12"'));
    });
    expect(restored).toEqual([{ run, from: 'record', state: 'stopped', name: 'mine' }]);
    expect(store.findRun(opened.db, run)).toMatchObject({ state: 'stopped', studentTop1: null });
    expect(store.readReport(opened.db, run)).toBeNull();
  });
});

describe('a deleted run', () => {
  it('never comes back, wherever its deletion was cut off', async () => {
    const cases: ((run: RunId) => void)[] = [
      // Marked, and then killed: its row is still there.
      () => undefined,
      // Killed before its folder was removed.
      (run) => opened.db.prepare('DELETE FROM runs WHERE id = ?').run(run),
      // Killed while its folder was removed.
      (run) => {
        opened.db.prepare('DELETE FROM runs WHERE id = ?').run(run);
        rmSync(join(store.runFolder(home, run), 'checkpoint-a.bin'), { force: true });
      },
    ];
    for (const [salt, cutOff] of cases.entries()) {
      const run = await addRun(salt);
      writeFileSync(join(store.runFolder(home, run), 'deleted'), '');
      cutOff(run);
      reopen(() => undefined);
      expect(store.findLostRuns(opened)).toEqual([]);
      expect(store.reconcileRuns(opened)).toEqual({ restored: [], left: [] });
      await store.removeOrphans(opened);
      expect([ids(), readdirSync(join(home, 'runs'))]).toEqual([[], []]);
    }
  });

  it('is marked before anything of it goes', async () => {
    const run = await addRun(1);
    opened.db.exec(
      `CREATE TEMP TRIGGER refuse BEFORE DELETE ON main.runs BEGIN SELECT raise(ABORT, 'killed here'); END`,
    );
    const mark = join(store.runFolder(home, run), 'deleted');
    let marked = false;
    opened.db.function('see', () => {
      marked = existsSync(mark);
      return 1;
    });
    opened.db.exec(`DROP TRIGGER refuse;
      CREATE TEMP TRIGGER refuse BEFORE DELETE ON main.runs BEGIN SELECT see(), raise(ABORT, 'killed here'); END`);
    await expect(store.deleteRun(opened, run)).rejects.toThrow('killed here');
    expect([marked, existsSync(mark), ids()]).toEqual([true, false, [run]]);
  });
});
