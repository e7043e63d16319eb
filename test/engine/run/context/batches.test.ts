import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { drawDataset, openDataset, type PixelCache, preparePixels } from '../../../../electron/engine/data/index.ts';
import { trainingBatches } from '../../../../electron/engine/run/context/batches.ts';
import type { ImageView } from '../../../../electron/engine/teacher/index.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';

const folder = makeTemporaryFolder('decant-views-');
const SIZE = 16;
const classes = ['a', 'b', 'c'];
let cache: PixelCache;

beforeAll(async () => {
  await drawDataset(join(folder, 'drawn'), { classes: 3, trainPerClass: 8, testPerClass: 1, size: SIZE, seed: 1 });
  const dataset = await openDataset(join(folder, 'drawn'));
  cache = await preparePixels(dataset, { inputSize: SIZE, cacheFolder: join(folder, 'cache') });
});
afterAll(async () => {
  await cache.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Options {
  seed?: number;
  fingerprint?: string;
  flip?: boolean;
  views?: number | null;
  secondView?: boolean;
}

/** An epoch's order, what its batches say that they show, and each image's pixels by index. */
async function readEpoch(
  epoch: number,
  { seed = 1, fingerprint = 'drawn', flip = true, views = 2, secondView = false }: Options = {},
) {
  const augmentation = { crop: 'resized', colorJitter: 0.3, erasing: 0.5, flip } as const;
  const recipe = recipeSchema.parse({ seed, data: { inputSize: SIZE, augmentation }, train: { batch: 8 } });
  const train = Int32Array.from({ length: 24 }, (_, i) => i);
  const none = new Int32Array();
  const data = { cache, classes, fingerprint, splits: { train, validation: none, test: none, unlabelled: none } };
  const order: number[] = [];
  const shown: (readonly ImageView[] | undefined)[] = [];
  const [first, second] = [new Map<number, Float32Array>(), new Map<number, Float32Array>()];
  const stretch = { purpose: 'student', epoch, firstBatch: 0, endBatch: 3 };
  for await (const batch of trainingBatches({ recipe, random: new Random(seed) }, data, {
    ...stretch,
    views,
    secondView,
  })) {
    order.push(...batch.indices);
    shown.push(batch.views);
    const length = batch.images.length / batch.size;
    for (const [row, index] of batch.indices.entries()) {
      first.set(index, batch.images.slice(row * length, (row + 1) * length));
      if (batch.secondView) second.set(index, batch.secondView.slice(row * length, (row + 1) * length));
    }
  }
  const sort = (images: Map<number, Float32Array>) => [...images].sort(([a], [b]) => a - b);
  return { order, shown, first: sort(first), second: sort(second) };
}

test('augmentations repeat after so many epochs, the order does not', async () => {
  const [zero, one, two] = [await readEpoch(0), await readEpoch(1), await readEpoch(2)];
  expect(two.first).toEqual(zero.first);
  expect(one.first).not.toEqual(zero.first);
  expect(two.order).not.toEqual(zero.order);
  expect([zero.shown, one.shown, two.shown].map(([views]) => views)).toEqual([
    [0, 2],
    [1, 3],
    [0, 2],
  ]);
});

test('they are those of every run of the same images, in an order of its own', async () => {
  const [own, other] = [await readEpoch(1), await readEpoch(1, { seed: 2 })];
  expect(other.first).toEqual(own.first);
  expect(other.order).not.toEqual(own.order);
  // A view is the same however many there are.
  expect((await readEpoch(1, { views: 5 })).first).toEqual(own.first);
  for (const different of [{ fingerprint: 'others' }, { flip: false }])
    expect((await readEpoch(1, different)).first).not.toEqual(own.first);
});

test('second views are views of their own', async () => {
  const zero = await readEpoch(0, { secondView: true });
  const two = await readEpoch(2, { secondView: true, seed: 2 });
  expect(two.second).toEqual(zero.second);
  expect(zero.second).not.toEqual(zero.first);
  expect((await readEpoch(2, { views: 4 })).first).toEqual(zero.second);
});

test('without them each run and epoch augments differently, and nothing is said to come again', async () => {
  const never = { views: null };
  const zero = await readEpoch(0, never);
  expect(zero.shown).toEqual([undefined, undefined, undefined]);
  expect((await readEpoch(0, never)).first).toEqual(zero.first);
  for (const other of [await readEpoch(1, never), await readEpoch(0, { ...never, seed: 2 })])
    expect(other.first).not.toEqual(zero.first);
});

test('images without labels come beside the labelled ones, each once before any comes again, from any batch on', async () => {
  const recipe = recipeSchema.parse({ data: { inputSize: SIZE }, train: { batch: 4 } });
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0).toFixed(3);
  const indices = (first: number, end: number) => Int32Array.from({ length: end - first }, (_, i) => first + i);
  const splits = {
    train: indices(0, 8),
    validation: indices(20, 22),
    test: indices(22, 24),
    unlabelled: indices(8, 20),
  };
  const data = { cache, classes, fingerprint: 'drawn', splits };
  const read = async (epoch: number, firstBatch: number, mixup = false) => {
    const stretch = { purpose: 'student', epoch, firstBatch, endBatch: 2 };
    const shown: string[][] = [];
    const unlabelled = { share: 1.25, mixup };
    for await (const batch of trainingBatches({ recipe, random: new Random(1) }, data, { ...stretch, unlabelled })) {
      const { images, size } = batch.unlabelled as { images: Float32Array; size: number };
      const length = images.length / size;
      expect([batch.size, size]).toEqual([4, 5]);
      shown.push(Array.from({ length: size }, (_, row) => sum(images.subarray(row * length, (row + 1) * length))));
    }
    return shown;
  };
  const epochs = [await read(0, 0), await read(1, 0), await read(2, 0)];
  // Of 20 images four batches make a pass: two epochs of two batches each.
  const pass = epochs.slice(0, 2).flat(2);
  expect(pass).toHaveLength(20);
  expect(new Set(pass).size).toBe(20);
  expect(epochs[2]).not.toEqual(epochs[0]);
  expect(await read(1, 1)).toEqual(epochs[1]!.slice(1));
  expect(await read(0, 0, true)).not.toEqual(epochs[0]);
});
