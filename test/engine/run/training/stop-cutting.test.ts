import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { SAMPLE_RUNS } from '../../../../electron/engine/run/workbench/library/sample-run.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-stop-cutting-');
const pictures = join(folder, 'pictures');

beforeAll(() => drawDataset(pictures, { classes: 10, trainPerClass: 10, testPerClass: 2, size: 32, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trained weights of the sample run that comes with Decant. */
function sampleWeights(name: string): string {
  const [run = ''] = readdirSync(SAMPLE_RUNS);
  const file = readdirSync(join(SAMPLE_RUNS, run)).find((each) => each.startsWith(`${name}.`));
  return join(SAMPLE_RUNS, run, file!); // It has one.
}

it('leaves out further cuts once those before have cost a trained student the goal, and the report says so', async () => {
  const notes: string[] = [];
  const run = (stopCutting: boolean) =>
    compress({
      home: join(folder, 'home'),
      dataset: pictures,
      resume: null,
      out: null,
      backend: 'simd',
      threads: 1,
      listener: (event) => {
        if (event.type === 'note.added') notes.push(event.message);
      },
      signal: new AbortController().signal,
      // At this rate no epoch makes good what a cut of random channels cost.
      recipe: recipeSchema.parse({
        data: { inputSize: 32, validation: 0.4 },
        teacher: { architecture: 'mobilenet-v3-small', width: 0.5, weights: sampleWeights('teacher') },
        student: { width: 0.35, weights: sampleWeights('baseline') },
        train: {
          batch: 20,
          teacherEpochs: 0,
          warmUpEpochs: 1,
          pruneEpochs: 3,
          fineTuneEpochs: 0,
          baseline: false,
          optimizer: { learningRate: 1e-6 },
        },
        prune: { macs: 0.3, steps: 3, importance: 'random' },
        goal: { retention: 0.8, stopCutting },
        measure: { latencyRuns: 10, ckaImages: 8 },
        export: { formats: [] },
      }),
    });
  const whole = await run(false);
  expect(whole.cuts).toHaveLength(3);
  expect(whole.student.macs).toBeLessThanOrEqual(0.3 * whole.baseline.macs);
  const held = await run(true);
  expect(held.cuts).toEqual(whole.cuts.slice(0, held.cuts.length));
  expect(held.cuts.length).toBeLessThan(3);
  expect(held.student.macs).toBeGreaterThan(0.3 * held.baseline.macs);
  expect(held.notes.join()).toContain(`of 3 cuts ${held.cuts.length}`);
  expect(notes.filter((note) => note.includes('is left out'))).toHaveLength(3 - held.cuts.length);
}, 120_000);
