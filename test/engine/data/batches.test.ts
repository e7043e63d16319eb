import { mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import type { Batch } from '../../../electron/engine/data/batch.ts';
import { type BatchOptions, batches, countBatches } from '../../../electron/engine/data/batches.ts';
import { drawDataset } from '../../../electron/engine/data/draw/draw-dataset.ts';
import { NORMALIZATION } from '../../../electron/engine/data/normalization.ts';
import { openDataset } from '../../../electron/engine/data/open-dataset.ts';
import type { PixelCache } from '../../../electron/engine/data/pixel-cache.ts';
import { preparePixels } from '../../../electron/engine/data/prepare-pixels.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';

const SIZE = 16;
const CLASSES = 3;
const EVERYTHING = recipeSchema.parse({
  data: { augmentation: { crop: 'resized', flip: true, colorJitter: 0.3, erasing: 0.5, mixup: 0.4, cutmix: 1 } },
}).data.augmentation;
const IMAGES_ALONE = { ...EVERYTHING, mixup: 0, cutmix: 0 };
const PLAIN: BatchOptions = {
  batch: 8,
  classes: CLASSES,
  augmentation: null,
  random: new Random(1),
  epoch: 0,
  shuffle: false,
};

const folder = mkdtempSync(join(tmpdir(), 'decant-batches-'));
let cache: PixelCache;
let all: number[];

beforeAll(async () => {
  await drawDataset(join(folder, 'drawn'), {
    classes: CLASSES,
    trainPerClass: 12,
    testPerClass: 1,
    size: SIZE,
    seed: 1,
  });
  const dataset = await openDataset(join(folder, 'drawn'));
  cache = await preparePixels(dataset, { inputSize: SIZE, cacheFolder: join(folder, 'cache') });
  all = Array.from({ length: cache.count }, (_, i) => i);
});
afterAll(async () => {
  await cache.close();
  await rm(folder, { recursive: true, force: true });
});

async function collect(indices: ArrayLike<number>, options: Partial<BatchOptions> = {}): Promise<Batch[]> {
  return Array.fromAsync(batches(cache, indices, { ...PLAIN, ...options }));
}

describe('for evaluation', () => {
  test('images come in order, normalized, the last batch short', async () => {
    const found = await collect(all);
    expect(found.map((batch) => batch.size)).toEqual([8, 8, 8, 8, 7]);
    expect(found.flatMap((batch) => [...batch.indices])).toEqual(all);
    const pixels = new Uint8Array(cache.rowBytes);
    for (const batch of found)
      for (let row = 0; row < batch.size; row++) {
        await cache.read([batch.indices[row]!], pixels);
        expect(batch.labels[row]).toBe(cache.labels[batch.indices[row]!]);
        expect([...batch.targets.subarray(row * CLASSES, (row + 1) * CLASSES)].indexOf(1)).toBe(batch.labels[row]);
        for (const i of [0, 1, 2, 500, 767]) {
          const { mean, std } = NORMALIZATION;
          const wanted = (pixels[i]! / 255 - mean[i % 3]!) / std[i % 3]!;
          expect(batch.images[row * cache.rowBytes + i]).toBeCloseTo(wanted, 4);
        }
      }
  });

  test('any indices in any order, and none at all', async () => {
    const [batch] = await collect([5, 1, 30]);
    expect([...batch!.indices]).toEqual([5, 1, 30]);
    expect(await collect([])).toEqual([]);
  });
});

describe('for training', () => {
  const training = { augmentation: EVERYTHING, shuffle: true, dropRemainder: true };

  test('an image that comes again in an epoch is augmented differently each time', async () => {
    const augmentation = IMAGES_ALONE;
    const [once] = await collect([3], { augmentation });
    const [thrice] = await collect([3, 3, 3], { augmentation });
    const values = SIZE * SIZE * 3;
    const rows = [0, 1, 2].map((row) => thrice!.images.slice(row * values, (row + 1) * values));
    expect(rows[0]).toEqual(once!.images);
    expect(new Set(rows.map((row) => row.join())).size).toBe(3);
  });

  test('the same seed and epoch give the same bytes; another epoch or seed others', async () => {
    const first = await collect(all, training);
    expect(first.map((batch) => batch.size)).toEqual([8, 8, 8, 8]);
    expect(await collect(all, training)).toEqual(first);
    expect(await collect(all, { ...training, epoch: 1 })).not.toEqual(first);
    expect(await collect(all, { ...training, random: new Random(2) })).not.toEqual(first);
  });

  test('going on in the middle gives what the whole pass gives there', async () => {
    const whole = await collect(all, training);
    expect(await collect(all, { ...training, firstBatch: 1, endBatch: 3 })).toEqual(whole.slice(1, 3));
    expect(await collect(all, { ...training, firstBatch: 3 })).toEqual(whole.slice(3));
    expect(await collect(all, { ...training, firstBatch: 4 })).toEqual([]);
  });

  test('how an image is changed does not depend on its batch', async () => {
    const byIndex = async (batch: number) => {
      const images = new Map<number, Float32Array>();
      for (const found of await collect(all, { batch, augmentation: IMAGES_ALONE, shuffle: true }))
        for (let row = 0; row < found.size; row++)
          images.set(found.indices[row]!, found.images.slice(row * cache.rowBytes, (row + 1) * cache.rowBytes));
      return new Map([...images].sort(([a], [b]) => a - b));
    };
    expect(await byIndex(5)).toEqual(await byIndex(39));
  });

  test('every image is seen once an epoch, in an order of its own', async () => {
    const orders = await Promise.all(
      [0, 1].map(async (epoch) =>
        (await collect(all, { shuffle: true, epoch })).flatMap((batch) => [...batch.indices]),
      ),
    );
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(all);
    expect(orders[0]).not.toEqual(orders[1]);
    expect(orders[0]).not.toEqual(all);
  });

  test('targets sum to one', async () => {
    for (const batch of await collect(all, training))
      for (let row = 0; row < batch.size; row++)
        expect(batch.targets.subarray(row * CLASSES, (row + 1) * CLASSES).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });
});

describe('the thread', () => {
  test('lets others run before each batch, even where batches wait and steps never pause', async () => {
    let turns = 0;
    let waiting = true;
    const takeTurns = (): void => {
      turns++;
      if (waiting) setImmediate(takeTurns);
    };
    setImmediate(takeTurns);
    const before: number[] = [];
    for await (const _ of batches(cache, all, PLAIN)) {
      before.push(turns);
      block(20); // The next batches are ready when this ends.
    }
    waiting = false;
    expect(before.map((count, i) => count > (before[i - 1] ?? 0))).toEqual(before.map(() => true));
  });

  test('serves several passes at once, and a slow reader', async () => {
    const [first, second] = await Promise.all([collect(all), collect(all)]);
    expect(first).toEqual(second);
    const slow: number[] = [];
    for await (const batch of batches(cache, all, PLAIN)) {
      await setTimeout(2);
      slow.push(...batch.indices);
    }
    expect(slow).toEqual(all);
  });

  test('what was handed out stays as it was', async () => {
    const pass = batches(cache, all, PLAIN);
    const first = (await pass.next()).value as Batch; // There are five batches.
    const copy = first.images.slice();
    for await (const _ of pass);
    expect(first.images).toEqual(copy);
  });

  test('is free again after a pass was left early or failed in the middle', async () => {
    for (let round = 0; round < 30; round++) for await (const _ of batches(cache, all, { ...PLAIN, batch: 2 })) break;
    await expect(
      (async () => {
        for await (const _ of batches(cache, all, PLAIN)) throw new Error('a step failed');
      })(),
    ).rejects.toThrow('a step failed');
    expect((await collect(all)).length).toBe(5);
  });

  test('keeps no process alive and opens no file twice', async () => {
    const before = openSync('/dev/null', 'r');
    for (let round = 0; round < 5; round++) await collect(all);
    expect(openSync('/dev/null', 'r')).toBe(before + 1);
  });

  test('hands its errors on', async () => {
    await expect(collect([0, 99])).rejects.toMatchObject({ code: 'image.unreadable' });
    await expect(collect(all, { batch: 0 })).rejects.toThrow(/batch is 0/);
    const job = cache.batchServer().start({ ...PLAIN, order: Int32Array.of(1000), randomPath: '1' });
    await expect(job.request(0)).rejects.toMatchObject({ code: 'image.unreadable' });
    job.stop();
  });

  test('ended in the middle of a pass is an error, not a wait', async () => {
    const dataset = await openDataset(join(folder, 'drawn'));
    const other = await preparePixels(dataset, { inputSize: SIZE, cacheFolder: join(folder, 'cache') });
    const pass = batches(other, all, PLAIN);
    await pass.next();
    await other.close();
    await expect(Array.fromAsync(pass).then((rest) => rest.length)).rejects.toThrow(/thread/);
  });
});

test('batches are counted', () => {
  expect([countBatches(10, 4), countBatches(10, 4, true), countBatches(0, 4), countBatches(8, 4)]).toEqual([
    3, 2, 0, 2,
  ]);
});

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
