import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import type { CompressOptions } from '../../../../electron/engine/run/context/compress-options.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-baseline-');
const pictures = join(folder, 'pictures');
const out = join(folder, 'out');

beforeAll(() => drawDataset(pictures, { classes: 2, trainPerClass: 16, testPerClass: 4, size: 16, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options: Omit<CompressOptions, 'recipe'> = {
  home: join(folder, 'home'),
  dataset: pictures,
  resume: null,
  out,
  backend: 'simd',
  threads: 1,
  listener: () => undefined,
  signal: new AbortController().signal,
};

it('is the student as it was before its cut, where nothing follows warm-up', async () => {
  const train = { ...TINY_RECIPE.train, baseline: true };
  const report = await compress({ ...options, recipe: recipeSchema.parse({ ...TINY_RECIPE, train }) });
  expect(report.cuts).toHaveLength(1);
  expect(report.baseline.top1).not.toBeNull();
  expect(report.retention.vsBaseline).not.toBeNull();
  expect(report.student.macs).toBeLessThan(report.baseline.macs);

  // A student of which nothing is cut and that has no epochs is its own baseline.
  const recipe = recipeSchema.parse({
    ...TINY_RECIPE,
    teacher: { ...TINY_RECIPE.teacher, weights: join(out, 'teacher', 'weights.safetensors') },
    student: {
      ...TINY_RECIPE.teacher,
      architecture: 'mobilenet-v3-large',
      weights: join(out, 'teacher', 'weights.safetensors'),
    },
    train: { ...train, teacherEpochs: 0, warmUpEpochs: 0 },
    prune: { macs: null },
    distill: { reviewkd: { weight: 0 } },
  });
  const imported = await compress({ ...options, out: null, recipe });
  expect(imported.baseline.top1).toBe(imported.student.top1);
  expect(imported.student.top1).toBe(report.teacher.top1);
}, 60_000);
