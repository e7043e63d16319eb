import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../electron/engine/core/ids.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { readHistory } from '../../../electron/engine/run/book/run-history.ts';
import { listRuns, showRun } from '../../../electron/engine/run/book/runs.ts';
import { diagnoseStore } from '../../../electron/engine/run/doctor/diagnose-store.ts';
import { repairStore } from '../../../electron/engine/run/doctor/repair-store.ts';
import * as store from '../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { writeStored } from '../../../shared/stored/form.ts';
import { REPORT_FORM } from '../../../shared/stored/run-forms.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

let home: string;
let run: RunId;
const RECIPE = recipeSchema.parse({ seed: 7 });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-sums-'));
  const opened = store.openStore(home);
  const { db } = opened;
  const known = { name: 'flowers', path: '/data/flowers', fingerprint: 'f', classes: ['a', 'b'], images: 9 };
  const dataset = store.saveDataset(db, known, 1);
  run = createRunId(1_700_000_000_000, () => 0.5);
  store.insertRun(db, { id: run, dataset, recipe: RECIPE, name: 'mine' }, 1);
  store.saveSplit(db, dataset, store.splitKey(RECIPE), new Uint8Array([1, 2, 3, 1, 2, 3, 1, 2, 3]));
  store.startStage(db, run, 'teacher', 4);
  store.saveLayers(db, run, [{ name: 'conv', before: 16, now: 8 }]);
  const report = { ...createSampleReport(), run };
  for (const epoch of report.history) store.saveEpoch(db, run, epoch);
  for (const cut of report.cuts) store.saveCut(db, run, cut);
  const point = {
    stage: 'teacher',
    step: 1,
    epoch: 1,
    loss: 1.5,
    terms: {},
    learningRate: 1,
    factors: {},
    macs: 1,
    imagesPerSecond: 1,
  } as const;
  store.saveStepPoints(db, run, [{ network: 'teacher', point }]);
  const results = join(store.runFolder(home, run), 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'report.json'), JSON.stringify(writeStored(REPORT_FORM, report), null, 2));
  store.finishRun(db, run, report, 6);
  store.writeRunRecord(opened, run);
  db.pragma('wal_checkpoint(TRUNCATE)');
  opened.close();
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Everything that is shown of the run. */
async function look(): Promise<unknown> {
  const list = await listRuns({ home });
  const shown = await showRun({ home, run });
  const opened = store.openStore(home);
  try {
    const history = readHistory(opened, run);
    const { dataset } = store.findRun(opened.db, run);
    const points = store.selectPoints(opened.db, null);
    const split = store.findSplit(opened.db, dataset, store.splitKey(RECIPE));
    return structuredClone({
      list,
      shown,
      history,
      points,
      split: split && [...split],
      recipe: store.readRecipe(opened.db, run),
    });
  } catch (error) {
    throw store.describeStoreFailure(store.storePath(home), error);
  } finally {
    opened.close();
  }
}

/** Writes to the store what no code of Decant's would have: triggers are off, as a bit that flips knows none. */
function tamper(sql: string): void {
  const db = new Database(store.storePath(home));
  db.pragma('foreign_keys = OFF');
  const triggers = db
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  for (const trigger of triggers) db.exec(trigger.sql);
  db.close();
}

describe.each([
  ['the recipe', `UPDATE runs SET recipe = replace(recipe, '"seed":7', '"seed":6')`],
  ['the report', `UPDATE runs SET report = replace(report, '"seed":1', '"seed":3')`],
  ['widths of layers', `UPDATE runs SET layers = replace(layers, '16', '18')`],
  ['an epoch', `UPDATE epochs SET metrics = replace(metrics, '"epoch":0', '"epoch":2')`],
  ['a cut', `UPDATE cuts SET facts = replace(facts, '"cut":1', '"cut":3')`],
  ['a model', `UPDATE models SET facts = replace(facts, '"inputSize":', '"inputSize":1')`],
  ['an export', `UPDATE exports SET facts = replace(facts, '"bytes":', '"bytes":1')`],
  ['a point of a curve', `UPDATE step_points SET point = replace(point, '1.5', '1.7')`],
  ['the classes', `UPDATE datasets SET classes = replace(classes, '"a"', '"c"')`],
  ['a figure of the list', 'UPDATE runs SET student_top1 = student_top1 / 2'],
  ['a figure of a model', 'UPDATE models SET macs = macs + 1'],
  ['a split', `UPDATE splits SET assignment = x'020203010203010203'`],
  ['a name', `UPDATE runs SET name = 'nine'`],
  ['a stage', 'UPDATE stages SET started_at = 5'],
])('%s that is not what was written', (_name, sql) => {
  it('is told in one sentence, and repaired', async () => {
    const before = await look();
    tamper(sql);
    await expect(look()).rejects.toMatchObject({
      code: 'store.unreadable',
      message: expect.stringMatching(/is damaged in the store: .*; run "decant doctor --repair", which restores/),
    });
    expect(await diagnoseStore(home)).toMatchObject({ state: 'unusable', problem: expect.stringContaining(run) });
    expect(await repairStore({ home })).toMatchObject({ setAside: null, restored: [{ run }], left: [] });
    expect(await diagnoseStore(home)).toMatchObject({ state: 'sound', problem: null });
    if (!sql.includes('step_points')) expect(await look()).toEqual(before);
  });
});

it('rows from before there were sums are read', async () => {
  const before = await look();
  tamper('UPDATE runs SET figures_sum = NULL');
  tamper('UPDATE models SET figures_sum = NULL');
  tamper('UPDATE splits SET sum = NULL');
  for (const [table, column] of [
    ['runs', 'recipe'],
    ['runs', 'report'],
    ['epochs', 'metrics'],
    ['models', 'facts'],
    ['datasets', 'classes'],
  ])
    tamper(`UPDATE ${table} SET ${column} = json_remove(${column}, '$.sum')`);
  expect(await look()).toEqual(before);
});

it('one bit of the file that flips changes nothing in silence', async () => {
  const path = store.storePath(home);
  const before = await look();
  const whole = readFileSync(path);
  copyFileSync(path, join(home, 'whole'));
  const random = new Random(1);
  const silent: unknown[] = [];
  for (let trial = 0; trial < 120; trial++) {
    const byte = Math.floor(random.next() * whole.length);
    const bytes = Buffer.from(whole);
    bytes[byte]! ^= 1 << Math.floor(random.next() * 8);
    writeFileSync(path, bytes);
    const seen = await look().catch((error: unknown) => error);
    if (seen instanceof Error) continue;
    if (JSON.stringify(seen) !== JSON.stringify(before)) silent.push([byte, seen]);
  }
  expect(silent).toEqual([]);
}, 60_000);
