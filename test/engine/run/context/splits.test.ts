import { rmSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { drawDataset, openDataset, type PixelCache, preparePixels } from '../../../../electron/engine/data/index.ts';
import { registerDataset } from '../../../../electron/engine/run/begin/prepare.ts';
import { findSplits, planSplits, rememberSplits } from '../../../../electron/engine/run/context/splits.ts';
import { openStore } from '../../../../electron/engine/store/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-splits-');
const { signal } = new AbortController();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('unlabelled images and labels taken away are remembered, and copies of what judges are left out', async () => {
  const root = join(folder, 'drawn');
  await drawDataset(root, { classes: 3, trainPerClass: 20, testPerClass: 2, size: 32, seed: 1 });
  const first = await openDataset(root);
  const tested = first.images.find(({ split }) => split === 'test')!;
  await mkdir(join(root, 'unlabelled'));
  await copyFile(join(root, tested.path), join(root, 'unlabelled', '1.png'));
  await copyFile(join(root, first.images[0]!.path), join(root, 'unlabelled', '2.png'));
  // What looks like a test image, compressed once more.
  const smaller = await sharp(join(root, first.images.at(-1)!.path))
    .jpeg({ quality: 80 })
    .toBuffer();
  await writeFile(join(root, 'unlabelled', '3.jpg'), smaller);

  const dataset = await openDataset(root);
  const store = openStore(join(folder, 'home'));
  const id = registerDataset(store, dataset, await dataset.fingerprint(), 0);
  const place = { inputSize: 32, cacheFolder: join(folder, 'cache') };
  const open = () => preparePixels(dataset, place);
  const unused = recipeSchema.parse({ data: { inputSize: 32, labels: 4 } });
  const recipe = recipeSchema.parse({ data: { inputSize: 32, labels: 4 }, distill: { unlabelled: { weight: 1 } } });
  // Nothing learns from them: they are not decoded, so they cannot be compared.
  const labelled = await preparePixels(dataset, { ...place, unlabelled: false });
  expect(labelled.count).toBe(dataset.images.length);
  const before = await rememberSplits({ recipe: unused, store, signal }, id, dataset, labelled);
  expect(before).toMatchObject({ copies: 0, splits: { unlabelled: new Int32Array() } });
  const taken = dataset.images.length - 6 - 6 - 12; // Neither tested nor validated, nor with a label.
  expect(labelled.labels.filter((label) => label < 0)).toHaveLength(taken);
  await labelled.close();
  const cache = await open();
  const remember = (of: PixelCache) => rememberSplits({ recipe, store, signal }, id, dataset, of);
  const { splits: made, copies } = await remember(cache);
  const planned = planSplits(recipe, dataset);
  expect(before.splits).toMatchObject({ train: made.train, validation: made.validation, test: made.test });
  expect(made).toMatchObject({ train: planned.train, validation: planned.validation, test: planned.test });
  expect(made.train).toHaveLength(12);
  // 60 images for training, 12 of them with a label, 2 of each class validate; two more in the folder, one of them a test image.
  expect(planned.unlabelled).toHaveLength(60 - 12 - 6 + 3);
  expect(copies).toBe(2);
  expect([...planned.unlabelled.filter((index) => !made.unlabelled.includes(index))]).toEqual([66, 68]);
  expect(Array.from(made.unlabelled, (index) => cache.labels[index])).toEqual(new Array(43).fill(-1));
  expect(Array.from(made.train, (index) => cache.labels[index]).sort()).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  await cache.close();

  const again = await open();
  expect(await remember(again)).toEqual({ splits: made, copies: 2 });
  expect(again.labels[made.unlabelled[0]!]).toBe(-1);
  expect(findSplits(store, id, recipe, again)).toEqual(made);
  await again.close();

  // The whole cache is there, and serves also who needs no image without a label.
  const shared = await preparePixels(dataset, { ...place, unlabelled: false });
  expect(shared.path).toBe(cache.path);
  const after = await rememberSplits({ recipe: unused, store, signal }, id, dataset, shared);
  expect(after).toEqual(before);
  await shared.close();

  // Other settings have splits of their own, those of all labels under the key that they always had.
  const whole = await open();
  const plain = recipeSchema.parse({ data: { inputSize: 32 }, pretrain: { studentEpochs: 1 } });
  const { splits: all } = await rememberSplits({ recipe: plain, store, signal }, id, dataset, whole);
  expect([...all.unlabelled]).toEqual([67]);
  await whole.close();
  store.close();
});
