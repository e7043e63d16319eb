import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../../electron/engine/core/clock.ts';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { RunControl } from '../../../../electron/engine/run/context/run-control.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { type PartialRecipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import type { Report } from '../../../../shared/run/report.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const RECIPE = {
  data: { inputSize: 16, validation: 0.25 },
  teacher: { architecture: 'mobilenet-v3-small', width: 0.25, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  train: { batch: 12, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 3, fineTuneEpochs: 1, baseline: false },
  prune: { macs: 0.6 },
  search: { epochs: 1, population: 4, rounds: 2, networks: 1 },
  measure: { latencyRuns: 10, ckaImages: 8 },
} satisfies PartialRecipe;

const folder = makeTemporaryFolder('decant-search-');
const [home, dataset] = [join(folder, 'home'), join(folder, 'pictures')];
let whole: Report;
const events: RunEvent[] = [];

/** Runs, and stops at each of the moments in turn, going on after it. */
async function run(
  recipe: PartialRecipe,
  {
    stops = [],
    onEvent,
    control,
  }: {
    stops?: readonly ((event: RunEvent) => boolean)[];
    onEvent?: (event: RunEvent) => void;
    control?: RunControl;
  } = {},
): Promise<Report> {
  let id: string | null = null;
  for (let session = 0; ; session++) {
    const stop = new AbortController();
    const listener = (event: RunEvent) => {
      if (event.type === 'run.started') id = event.run;
      onEvent?.(event);
      if (stops[session]?.(event)) stop.abort();
    };
    const common = { home, backend: 'simd', threads: 1, out: null, listener, signal: stop.signal } as const;
    const started =
      session === 0
        ? compress({
            ...common,
            dataset,
            recipe: recipeSchema.parse(recipe),
            resume: null,
            ...(control && { control }),
          })
        : compress({ ...common, dataset: null, recipe: null, resume: id });
    if (session === stops.length) return started;
    await expect(started).rejects.toMatchObject({ code: 'run.stopped' });
  }
}

beforeAll(async () => {
  await drawDataset(dataset, { classes: 3, trainPerClass: 24, testPerClass: 8, size: 16, seed: 1 });
  whole = await run(RECIPE, { onEvent: (event) => void events.push(event) });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// No back end is active between runs, so that tf.memory() has none to ask.
afterEach(() => expect(tf.engine().state.numTensors).toBe(0));

it('the student becomes the best network within the budget, and the rest of the run goes on with it', () => {
  const { search, student, baseline, cuts, history } = whole;
  expect(history.map(({ stage, epoch }) => `${stage} ${epoch}`)).toEqual([
    'teacher 0',
    'warm-up 0',
    'search 1',
    'fine-tune 2',
  ]);
  const chosen = search!.candidates[search!.chosen!]!;
  const within = search!.candidates.filter(({ macs }) => macs <= 0.6 * baseline.macs);
  expect(chosen.top1).toBe(Math.max(...within.map(({ top1 }) => top1)));
  expect(student).toMatchObject({ macs: chosen.macs, parameters: chosen.parameters });
  expect(student.macs).toBeLessThanOrEqual(0.6 * baseline.macs);
  expect(history.map(({ macs }) => macs).slice(1)).toEqual([baseline.macs, baseline.macs, student.macs]);
  expect(cuts).toEqual([
    expect.objectContaining({ cut: 1, epoch: 1, macsBefore: baseline.macs, macsAfter: student.macs }),
  ]);
  expect(whole.exports).toHaveLength(1);
});

it('judges by images of its own, and tells of each network', () => {
  const { search, dataset: images } = whole;
  // 18 validation images: 6 of each class, of which every second one.
  expect(search!.images).toBe(9);
  expect(images.images.validation).toBe(9);
  const told = events.flatMap((event) => (event.type === 'candidate.judged' ? event : []));
  expect(told.map(({ candidate }) => candidate)).toEqual(search!.candidates);
  expect(new Set(search!.candidates.map(({ widths }) => widths.join())).size).toBe(search!.candidates.length);
  const best = told.findLast((event) => event.best)!;
  expect(best.number - 1).toBe(search!.chosen);
  expect(whole.conventions.join()).toContain('9 validation images');
});

it('goes on bit by bit alike after stops among its steps and among its networks', async () => {
  let steps = 0;
  let judged = 0;
  const counted: number[] = [];
  const again = await run(RECIPE, {
    stops: [
      (event) =>
        event.type === 'run.progressed' && event.stage === 'search' && event.unit === 'images' && ++steps === 2,
      (event) => event.type === 'candidate.judged' && ++judged === 5,
      (event) => event.type === 'candidate.judged' && event.number === 11,
    ],
    onEvent: (event) => {
      if (event.type === 'candidate.judged') counted.push(event.number);
    },
  });
  expect(again.search).toEqual(whole.search);
  expect(again.exports[0]!.sha256).toBe(whole.exports[0]!.sha256);
  expect(again.timing.resumes).toBe(3);
  expect(counted.filter((number) => number === 1)).toHaveLength(3);
}, 120_000);

it('takes the best of the first round where it is asked to finish early', async () => {
  const control = new RunControl(systemClock);
  const report = await run(RECIPE, {
    control,
    onEvent: (event) => {
      if (event.type === 'candidate.judged' && event.number === 3) control.finishEarly();
    },
  });
  expect(report.search!.candidates.length).toBeLessThan(whole.search!.candidates.length);
  expect(report.student.macs).toBeLessThanOrEqual(0.6 * report.baseline.macs);
  expect(report.history.map(({ stage }) => stage)).not.toContain('fine-tune');
}, 120_000);

it('cuts channels where it is asked to finish before any part has learned', async () => {
  const control = new RunControl(systemClock);
  const report = await run(RECIPE, {
    control,
    onEvent: (event) => {
      if (event.type === 'stage.started' && event.stage === 'warm-up') control.finishEarly();
    },
  });
  expect(report.search).toBeNull();
  expect(report.student.macs).toBeLessThanOrEqual(0.6 * report.baseline.macs);
  expect(report.cuts).toHaveLength(1);
}, 120_000);
