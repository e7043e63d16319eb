import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import type { PartialRecipe } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { optionsIn, REUSING, readModels } from './reusing-run.ts';

// Slow: quantization-aware training, and a run that is stopped.

const folder = makeTemporaryFolder('decant-reused-slow-');
const home = join(folder, 'home');
const recipe: PartialRecipe = {
  ...REUSING,
  export: { ...REUSING.export, precisions: ['int8'], quantizationAware: { epochs: 1, threshold: -1 } },
};

beforeAll(() =>
  drawDataset(join(folder, 'pictures'), { classes: 2, trainPerClass: 32, testPerClass: 16, size: 16, seed: 1 }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a student with the teacher’s classifier is stopped between its cuts, ends the same, and becomes integers', async () => {
  const options = optionsIn(folder, recipe);
  const whole = await compress(options);
  expect(whole.exports.map(({ format, precision }) => `${format} ${precision}`)).toEqual(['onnx int8', 'tflite int8']);
  for (const { top1 } of whole.exports) expect(top1).toEqual(expect.any(Number));

  const stop = new AbortController();
  let run = '';
  const listener = (event: RunEvent) => {
    if (event.type === 'run.started') run = event.run;
    if (event.type === 'cut.made') stop.abort();
  };
  await expect(compress({ ...options, listener, signal: stop.signal })).rejects.toMatchObject({ code: 'run.stopped' });
  const resumed = await compress({ ...options, dataset: null, recipe: null, resume: run });
  expect((await readModels(home, run)).student).toEqual((await readModels(home, whole.run)).student);
  expect(resumed.student.top1).toBe(whole.student.top1);
  expect(resumed.exports.map(({ sha256 }) => sha256)).toEqual(whole.exports.map(({ sha256 }) => sha256));
}, 300_000);
