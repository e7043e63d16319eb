import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { drawDataset } from '../../../../electron/engine/data/index.ts';
import { channelGroups } from '../../../../electron/engine/prune/index.ts';
import { compress } from '../../../../electron/engine/run/compress.ts';
import { describeModel } from '../../../../electron/engine/run/context/models.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { listMeasuredCuts } from '../../../../shared/run/sensitivity.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

const folder = makeTemporaryFolder('decant-sensitivity-');
const pictures = join(folder, 'pictures');

beforeAll(() => drawDataset(pictures, { classes: 3, trainPerClass: 12, testPerClass: 4, size: 32, seed: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('keeps what each layer loses with each cut, where that decides what is cut', async () => {
  const recipe = recipeSchema.parse({ ...TINY_RECIPE, prune: { macs: 0.7, steps: 1, importance: 'sensitivity' } });
  const { cuts } = await compress({
    home: join(folder, 'home'),
    dataset: pictures,
    resume: null,
    out: null,
    backend: 'simd',
    threads: 1,
    listener: () => {},
    signal: new AbortController().signal,
    recipe,
  });
  const [cut] = listMeasuredCuts(cuts);
  const groups = channelGroups(describeModel(recipe, 'student', 3)).filter(({ prunable }) => prunable);
  expect(cut!.sensitivity.map(({ layer, channels }) => [layer, channels])).toEqual(
    groups.map(({ id, channels }) => [id, channels]),
  );
  const wholes = new Set(cut!.sensitivity.map(({ points }) => points[0]!.top1));
  expect(wholes.size).toBe(1);
  for (const { points } of cut!.sensitivity) expect(points.length).toBeGreaterThan(1);
});
