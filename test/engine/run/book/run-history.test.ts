import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRunId, type RunId } from '../../../../electron/engine/core/ids.ts';
import { readHistory } from '../../../../electron/engine/run/book/run-history.ts';
import * as store from '../../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { createSampleReport } from '../../../helpers/sample-report.ts';

let home: string;
let opened: store.Store;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-history-'));
  opened = store.openStore(home);
});
afterAll(async () => {
  opened.close();
  await rm(home, { recursive: true, force: true });
});

function addRun(nowMs: number): RunId {
  const dataset = { name: 'd', path: '/d', fingerprint: 'f', classes: ['a', 'b', 'c'], images: 1 };
  const id = createRunId(nowMs, () => 0.5);
  const recipe = recipeSchema.parse({ student: { width: 0.5 } });
  store.insertRun(opened.db, { id, dataset: store.saveDataset(opened.db, dataset, 1), recipe }, nowMs);
  return id;
}

it('of a finished run from before curves were kept has a point an epoch, and the widths of its report', () => {
  const run = addRun(1);
  const report = createSampleReport();
  for (const metrics of report.history) store.saveEpoch(opened.db, run, metrics);
  for (const cut of report.cuts) store.saveCut(opened.db, run, cut);
  store.finishRun(opened.db, run, report, 2);
  const history = readHistory(opened, run);
  expect(history.epochs).toEqual(expect.arrayContaining(report.history));
  expect(history.cuts).toEqual(report.cuts);
  expect(history.steps.map(({ stage, loss }) => [stage, loss])).toEqual(
    history.epochs.map(({ stage, loss }) => [stage, loss]),
  );
  expect(history.layers).toEqual(report.layers.map(({ name, before, after }) => ({ name, before, now: after })));
  expect(history.log).toEqual([]);
});

it('of a run that has not begun shows its layers at full width', () => {
  const { layers, steps, epochs, cuts } = readHistory(opened, addRun(2));
  expect([steps, epochs, cuts]).toEqual([[], [], []]);
  expect(layers[0]).toEqual({ name: expect.any(String), before: 16, now: 16 });
  expect(layers.every(({ before, now }) => before === now)).toBe(true);
});

it('of no run is refused', () => {
  expect(() => readHistory(opened, 'nope')).toThrow(expect.objectContaining({ code: 'run.unknown' }));
});
