import { rmSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { drawDataset, openDataset, preparePixels } from '../../../../electron/engine/data/index.ts';
import { registerDataset } from '../../../../electron/engine/run/begin/prepare.ts';
import {
  findSplits,
  leaveOutCopies,
  planSplits,
  rememberSplits,
} from '../../../../electron/engine/run/context/splits.ts';
import { openStore } from '../../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-splits-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('unlabelled images and labels taken away are remembered, and copies of what judges are left out', async () => {
  const root = join(folder, 'drawn');
  await drawDataset(root, { classes: 3, trainPerClass: 20, testPerClass: 2, size: 16, seed: 1 });
  const first = await openDataset(root);
  const tested = first.images.find(({ split }) => split === 'test')!;
  await mkdir(join(root, 'unlabelled'));
  await copyFile(join(root, tested.path), join(root, 'unlabelled', '1.png'));
  await copyFile(join(root, first.images[0]!.path), join(root, 'unlabelled', '2.png'));

  const dataset = await openDataset(root);
  const store = openStore(join(folder, 'home'));
  const id = registerDataset(store, dataset, await dataset.fingerprint(), 0);
  const open = () => preparePixels(dataset, { inputSize: 16, cacheFolder: join(folder, 'cache') });
  const recipe = recipeSchema.parse({ data: { inputSize: 16, labels: 4 } });
  const cache = await open();
  const made = rememberSplits({ recipe, store }, id, dataset, cache);
  expect(made).toEqual(planSplits(recipe, dataset));
  expect(made.train).toHaveLength(12);
  // 60 images for training, 12 of them with a label, 2 of each class validate; two more in the folder.
  expect(made.unlabelled).toHaveLength(60 - 12 - 6 + 2);
  expect(Array.from(made.unlabelled, (index) => cache.labels[index])).toEqual(new Array(44).fill(-1));
  expect(Array.from(made.train, (index) => cache.labels[index]).sort()).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  await cache.close();

  const again = await open();
  expect(rememberSplits({ recipe, store }, id, dataset, again)).toEqual(made);
  expect(again.labels[made.unlabelled[0]!]).toBe(-1);
  expect(findSplits(store, id, recipe, again)).toEqual(made);
  const { splits, copies } = leaveOutCopies(made, dataset);
  expect(copies).toBe(1);
  expect(made.unlabelled.filter((index) => !splits.unlabelled.includes(index))).toEqual(Int32Array.of(66));
  await again.close();

  // Other settings have splits of their own, those of all labels under the key that they always had.
  const whole = await open();
  const all = rememberSplits({ recipe: recipeSchema.parse({ data: { inputSize: 16 } }), store }, id, dataset, whole);
  expect([...all.unlabelled]).toEqual([66, 67]);
  await whole.close();
  store.close();
});
