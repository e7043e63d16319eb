import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../../electron/engine/core/clock.ts';
import { createRunId, type RunId } from '../../../../electron/engine/core/ids.ts';
import { RunRecorder } from '../../../../electron/engine/run/book/run-recorder.ts';
import * as store from '../../../../electron/engine/store/index.ts';
import type { StepPoint } from '../../../../shared/run/live.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

let home: string;
let opened: store.Store;
let run: RunId;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-recorder-'));
  opened = store.openStore(home);
  const dataset = { name: 'd', path: '/d', fingerprint: 'f', classes: ['a'], images: 1 };
  run = createRunId(1, () => 0.5);
  store.insertRun(
    opened.db,
    { id: run, dataset: store.saveDataset(opened.db, dataset, 1), recipe: recipeSchema.parse({}) },
    1,
  );
});
afterEach(async () => {
  opened.close();
  await rm(home, { recursive: true, force: true });
});

const point = (stage: StepPoint['stage'], step: number): StepPoint => ({
  stage,
  step,
  epoch: step / 100,
  loss: step,
  terms: { crossEntropy: step },
  learningRate: 0.1,
  factors: {},
  macs: 1000,
  imagesPerSecond: 50,
});
const steps = () => store.selectStepPoints(opened.db, run);

it('keeps curves, and after a resume each step once', () => {
  const first = new RunRecorder(opened, run, systemClock);
  for (let step = 9; step < 100; step += 10)
    first.record({ type: 'steps.trained', from: step - 9, point: point('teacher', step) });
  first.flush();
  expect(steps().map(({ step }) => step)).toEqual([9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
  const second = new RunRecorder(opened, run, systemClock);
  second.record({ type: 'steps.trained', from: 50, point: point('teacher', 54) });
  second.record({ type: 'steps.trained', from: 0, point: point('warm-up', 4) });
  second.flush();
  expect(
    steps()
      .filter(({ stage }) => stage === 'teacher')
      .map(({ step }) => step),
  ).toEqual([9, 19, 29, 39, 49, 54]);
  expect(steps().filter(({ stage }) => stage === 'warm-up')).toEqual([point('warm-up', 4)]);
});

it('thins curves evenly once there are too many points, and means the later ones', () => {
  const many = Array.from({ length: 101 }, (_, step) => ({ network: 'teacher', point: point('teacher', step) }));
  expect(store.saveStepPoints(opened.db, run, many, { kept: 100 })).toBe(2);
  const kept = steps().map(({ step }) => step);
  expect(kept).toEqual(Array.from({ length: 51 }, (_, i) => 2 * i));
  const recorder = new RunRecorder(opened, run, systemClock);
  for (let step = 101; step <= 104; step++)
    recorder.record({ type: 'steps.trained', from: step, point: point('teacher', step) });
  recorder.flush();
  expect(
    steps()
      .slice(51)
      .map(({ step, loss, terms }) => ({ step, loss, terms })),
  ).toEqual([
    { step: 102, loss: 101.5, terms: { crossEntropy: 101.5 } },
    { step: 104, loss: 103.5, terms: { crossEntropy: 103.5 } },
  ]);
});

it('keeps what a run tells people, and the widths told last', () => {
  const recorder = new RunRecorder(opened, run, systemClock);
  recorder.record({ type: 'warning.raised', message: 'Careful.' });
  recorder.record({ type: 'run.finished', run });
  recorder.log('error', 'Broken.');
  expect(store.selectLog(opened.db, run).map(({ level, text }) => [level, text])).toEqual([
    ['warning', 'Careful.'],
    ['error', 'Broken.'],
  ]);
  for (const now of [16, 8]) recorder.record({ type: 'network.reshaped', layers: [{ name: 'stem', before: 16, now }] });
  expect(store.readLayers(opened.db, run)).toEqual([{ name: 'stem', before: 16, now: 8 }]);
});
