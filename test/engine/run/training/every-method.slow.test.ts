import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { METHOD_NAMES } from '../../../../shared/run/methods.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

// Slow: three runs in which every method counts.

const folder = makeTemporaryFolder('decant-methods-');
const dataset = join(folder, 'pictures');
const RECIPE = recipeSchema.parse({
  data: { inputSize: 32, validation: 0.2 },
  teacher: { width: 0.25, stemStride: 2 },
  student: { width: 0.25, stemStride: 2, head: 'teacher' },
  train: { batch: 16, teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, baseline: false },
  prune: { macs: 0.7, steps: 2 },
  measure: { latencyRuns: 10, ckaImages: 8 },
  distill: {
    ...Object.fromEntries(METHOD_NAMES.map((name) => [name, { weight: 0.1 }])),
    reviewkd: { weight: 0.1, channels: 8 },
    crd: { weight: 0.1, negatives: 32 },
  },
});
const common = { dataset, recipe: RECIPE, resume: null, out: null, backend: 'simd', threads: 1 } as const;

beforeAll(() => drawDataset(dataset, { classes: 3, trainPerClass: 30, testPerClass: 10, size: 32, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is stopped between steps and around a cut, and ends with the same student', async () => {
  const signal = new AbortController().signal;
  const whole = await compress({ ...common, home: join(folder, 'whole'), signal, listener: () => undefined });
  expect(Object.keys(whole.history.at(-1)!.terms).sort()).toEqual([...METHOD_NAMES].sort());

  const home = join(folder, 'stopped');
  let run = '';
  const goOn = async (isTime: (event: RunEvent) => boolean) => {
    const stop = new AbortController();
    const stopped = compress({
      ...common,
      ...(run === '' ? {} : { dataset: null, recipe: null, resume: run }),
      home,
      signal: stop.signal,
      listener: (event) => {
        if (event.type === 'run.started') run = event.run;
        if (isTime(event)) stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'run.stopped' });
  };
  await goOn((event) => event.type === 'run.progressed' && event.stage === 'warm-up' && event.done > event.total / 2);
  await goOn(({ type }) => type === 'cut.made');
  const resumed = await compress({
    ...common,
    ...{ dataset: null, recipe: null, resume: run },
    home,
    signal,
    listener: () => undefined,
  });
  expect(resumed.history.map(({ terms }) => terms)).toEqual(whole.history.map(({ terms }) => terms));
  expect(resumed.exports[0]!.sha256).toBe(whole.exports[0]!.sha256);
}, 600_000);
