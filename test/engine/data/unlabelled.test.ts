import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { batches } from '../../../electron/engine/data/batches.ts';
import { countImages, type Dataset, imageAt, listLabels } from '../../../electron/engine/data/dataset.ts';
import { FileList } from '../../../electron/engine/data/file-list.ts';
import { findCopies } from '../../../electron/engine/data/find-copies.ts';
import { ImageFiles } from '../../../electron/engine/data/image-files.ts';
import { readLayout } from '../../../electron/engine/data/layout.ts';
import type { Listing } from '../../../electron/engine/data/listing.ts';
import { openDataset } from '../../../electron/engine/data/open-dataset.ts';
import { preparePixels } from '../../../electron/engine/data/prepare-pixels.ts';
import { splitDataset } from '../../../electron/engine/data/split-dataset.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { listImages, makeFolder, makeTree, makeZip } from './make-images.ts';

const LABELLED = listImages({ a: 3, b: 2 });
const unlabelledPaths = ({ unlabelled }: Dataset) =>
  Array.from({ length: unlabelled.length }, (_, index) => unlabelled.at(index)!.path);

describe('where images without labels lie', () => {
  test.each(['unlabelled', 'Unlabeled', 'UN-LABELLED', 'un_labeled'])('%s, beside the classes', async (name) => {
    const files = { ...LABELLED, [`${name}/10.png`]: 90, [`${name}/9.png`]: 91, [`${name}/2026/May/1.png`]: 92 };
    for (const path of [await makeTree(files), await makeZip(files)]) {
      const dataset = await openDataset(path);
      expect(dataset).toMatchObject({ classes: ['a', 'b'], hasSplits: false, ignored: [] });
      expect(dataset.images).toHaveLength(5);
      expect(unlabelledPaths(dataset)).toEqual([`${name}/9.png`, `${name}/10.png`, `${name}/2026/May/1.png`]);
      expect(dataset.unlabelled.at(3)).toBeUndefined();
    }
  });

  test('beside the split folders and in that of training; in another split they are left out', async () => {
    const files = {
      ...listImages({ a: 1, b: 1 }, 'set/train/'),
      ...listImages({ a: 1, b: 1 }, 'set/test/'),
      'set/unlabelled/1.png': 91,
      'set/train/unlabelled/2.png': 92,
      'set/test/unlabelled/3.png': 93,
    };
    const dataset = await openDataset(await makeTree(files));
    expect(dataset).toMatchObject({ classes: ['a', 'b'], hasSplits: true });
    expect(unlabelledPaths(dataset)).toEqual(['set/train/unlabelled/2.png', 'set/unlabelled/1.png']);
    expect(dataset.ignored).toEqual([
      { path: 'set/test/unlabelled/3.png', reason: expect.stringMatching(/^images without labels are for training/) },
    ]);
  });

  test('beside a folder around the labelled ones', async () => {
    const dataset = await openDataset(
      await makeTree({ ...listImages({ a: 1, b: 1 }, 'labelled/'), 'unlabelled/1.png': 9 }),
    );
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(unlabelledPaths(dataset)).toEqual(['unlabelled/1.png']);
  });

  test.each<[string, Record<string, number>, number]>([
    ['images in no folder', { 'a.png': 1, 'b.png': 2 }, 2],
    ['only a folder for unlabelled ones', { 'unlabelled/a.png': 1, 'unlabelled/2026/b.png': 2 }, 2],
    ['that in another folder', { 'phone/unlabelled/a/1.png': 1, 'phone/unlabelled/b/2.png': 2 }, 2],
    ['both', { 'a.png': 1, 'unlabelled/b.png': 2 }, 2],
  ])('%s: a dataset without classes', async (_, files, count) => {
    const dataset = await openDataset(await makeTree(files));
    expect(dataset).toMatchObject({ classes: [], images: [], hasSplits: false, ignored: [] });
    expect(dataset.unlabelled).toHaveLength(count);
  });

  test('an empty folder for them is told of, and one class beside them is still one class', async () => {
    const dataset = await openDataset(await makeZip({ ...LABELLED, 'unlabelled/': '' }));
    expect(dataset.ignored).toEqual([{ path: 'unlabelled', reason: expect.stringMatching(/^an empty folder/) }]);
    await expect(openDataset(await makeTree({ 'cat/1.png': 1, 'unlabelled/2.png': 2 }))).rejects.toMatchObject({
      code: 'dataset.classes',
    });
  });
});

describe('indices', () => {
  test('go on behind the labelled images: files, labels, pixels and batches', async () => {
    for (const path of [
      await makeTree({ ...LABELLED, 'unlabelled/1.png': 91 }),
      await makeZip({ ...LABELLED, 'unlabelled/1.png': 91 }),
    ]) {
      const dataset = await openDataset(path);
      expect(countImages(dataset)).toBe(6);
      expect(imageAt(dataset, 4)).toBe(dataset.images[4]);
      expect(imageAt(dataset, 5)!.path).toBe('unlabelled/1.png');
      expect(imageAt(dataset, 6)).toBeUndefined();
      expect([...listLabels(dataset)]).toEqual([0, 0, 0, 1, 1, -1]);
      const files = new ImageFiles(dataset);
      expect(await files.read(5, async (bytes) => bytes.length)).toBeGreaterThan(50);
      await expect(files.read(6, async () => 0)).rejects.toThrow(/no image 6, only those from 0 to 5/);
      files.close();
      const cache = await preparePixels(dataset, { inputSize: 8, cacheFolder: makeFolder() });
      onTestFinished(() => cache.close());
      expect([...cache.labels]).toEqual([0, 0, 0, 1, 1, -1]);
      const pixels = new Uint8Array(cache.rowBytes);
      await cache.read([5], pixels);
      expect([...pixels.subarray(0, 3)]).toEqual([91, 0, 77]); // The colour of picture 91.
    }
  });

  test('batches have no target for them, and never the label that was taken away', async () => {
    const dataset = await openDataset(await makeTree({ ...LABELLED, 'unlabelled/1.png': 91 }));
    const cache = await preparePixels(dataset, { inputSize: 8, cacheFolder: makeFolder() });
    onTestFinished(() => cache.close());
    cache.hideLabels([2]);
    const options = { batch: 3, classes: 2, augmentation: null, random: new Random(1), epoch: 0, shuffle: false };
    for await (const batch of batches(cache, [0, 5, 2], options)) {
      expect([...batch.labels]).toEqual([0, -1, -1]);
      expect([...batch.targets]).toEqual([1, 0, 0, 0, 0, 0]);
    }
    expect(() => cache.hideLabels([0])).toThrow(/before the first batch/);
    // Mixed among themselves they stay without.
    const augmentation = { ...recipeSchema.parse({}).data.augmentation, mixup: 1 };
    for await (const batch of batches(cache, [5, 2, 5], { ...options, augmentation })) {
      expect([...batch.labels]).toEqual([-1, -1, -1]);
      expect(batch.targets.every((target) => target === 0)).toBe(true);
    }
  });

  test('broken ones are left out, and say where they lie', async () => {
    const dataset = await openDataset(
      await makeTree({ ...LABELLED, 'unlabelled/1.png': 'no image', 'unlabelled/2.png': 92 }),
    );
    const cache = await preparePixels(dataset, { inputSize: 8, cacheFolder: makeFolder() });
    onTestFinished(() => cache.close());
    expect(cache.broken).toMatchObject([{ index: 5, path: 'unlabelled/1.png' }]);
    expect([...cache.readable([4, 5, 6])]).toEqual([4, 6]);
  });
});

describe('fingerprints', () => {
  test('without such images they are what they always were', async () => {
    const folder = await makeTree({ 'set/a/1.png': 1, 'set/a/2.png': 2, 'set/b/1.png': 3 });
    const line = (path: string) => {
      const bytes = readFileSync(join(folder, 'set', path));
      return `${path}\0${bytes.length}\0${crc32(bytes)}\n`;
    };
    const expected = createHash('sha256').update(['a/1.png', 'a/2.png', 'b/1.png'].map(line).sort().join(''));
    expect(await (await openDataset(folder)).fingerprint()).toBe(expected.digest('hex'));
  });

  test('with them they are the same for folder, archive and wrapped, and tell them from a class', async () => {
    const files = { ...LABELLED, 'unlabelled/1.png': 91, 'unlabelled/2.png': 92 };
    const wrapped = Object.fromEntries(Object.entries(files).map(([path, content]) => [`my/photos/${path}`, content]));
    const folder = await openDataset(await makeTree(files));
    const first = await folder.fingerprint();
    expect(await (await openDataset(await makeZip(wrapped))).fingerprint()).toBe(first);
    expect(imageAt(folder, 5)!.location.crc32).toBeGreaterThan(0);
    const asClass = Object.fromEntries(
      Object.entries(files).map(([path, c]) => [path.replace('unlabelled', 'other'), c]),
    );
    expect(await (await openDataset(await makeTree(asClass))).fingerprint()).not.toBe(first);
    const changed = { ...files, 'unlabelled/2.png': 93 };
    expect(await (await openDataset(await makeTree(changed))).fingerprint()).not.toBe(first);
    expect(await (await openDataset(await makeTree(LABELLED))).fingerprint()).not.toBe(first);
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const used = async () => {
    collect();
    await setImmediate(); // Buffers go after the objects that held them.
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };

  test('100,000 images take some tens of bytes each', async () => {
    const count = 100_000;
    const before = await used();
    const found = layOut(count);
    const perImage = ((await used()) - before) / count;
    expect(found.unlabelled).toHaveLength(count);
    expect(found.unlabelled.at(99_999)).toEqual({
      path: 'unlabelled/2026-07/IMG_20260716_0099999.jpg',
      bytes: 199_999,
      location: {
        kind: 'file',
        path: join('/home/somebody/Pictures/flowers', 'unlabelled/2026-07/IMG_20260716_0099999.jpg'),
        crc32: null,
      },
    });
    expect(found.unlabelled.sizeBytes / count).toBeLessThan(70);
    expect(perImage).toBeLessThan(80);
  });

  test('100,000 files that are listed take some tens of bytes each, too', async () => {
    const count = 100_000;
    const before = await used();
    const { files } = listPhotos(count);
    expect(((await used()) - before) / count).toBeLessThan(120); // The buffers grow by doubling.
    expect(files.at(count + 1)!.path).toBe(nameOf(count - 1));
  });

  /** In a frame of its own, which holds the listing no longer once it is left. */
  const layOut = (count: number) => readLayout(listPhotos(count), '/home/somebody/Pictures/flowers');

  function listPhotos(count: number): Listing {
    const files = new FileList('/home/somebody/Pictures/flowers');
    for (const path of ['a/1.jpg', 'b/1.jpg']) files.push(path, 100_000);
    for (let i = 0; i < count; i++) files.push(nameOf(i), 100_000 + i);
    return { files, folders: ['a', 'b', 'unlabelled', 'unlabelled/2026-07'], ignored: [] };
  }
  const nameOf = (i: number) => `unlabelled/2026-07/IMG_20260716_${String(i).padStart(7, '0')}.jpg`;
});

describe('splits', () => {
  const settings = { validation: 0.1, test: 0.2, limit: null, seed: 1 };
  const dataset = {
    classes: ['a', 'b', 'c'],
    images: [100, 50, 6].flatMap((count, label) =>
      Array.from({ length: count }, (_, i) => ({
        path: `${label}/${i}`,
        label,
        split: null,
        bytes: 1,
        location: null as never,
      })),
    ),
    unlabelled: { length: 4 },
    hasSplits: false,
  };
  const countOf = (indices: Int32Array) =>
    dataset.classes.map((_, label) => indices.filter((index) => dataset.images[index]?.label === label).length);

  test('unlabelled images join none of the others, unless they are broken or not wanted', () => {
    const splits = splitDataset(dataset, { ...settings, without: [157] });
    expect([...splits.unlabelled]).toEqual([156, 158, 159]);
    expect(countOf(splits.train)).toEqual([72, 36, 4]);
    expect(splitDataset(dataset, { ...settings, unlabelled: false }).unlabelled).toHaveLength(0);
  });

  test('only so many labels a class: the first of the draw, and what validates is a label too', () => {
    const all = splitDataset(dataset, settings);
    const four = splitDataset(dataset, { ...settings, labels: 4 });
    expect(countOf(four.train)).toEqual([4, 4, 4]);
    expect(countOf(four.validation)).toEqual([4, 4, 1]);
    expect(four.test).toEqual(all.test);
    expect(four.train.every((index) => all.train.includes(index))).toBe(true);
    expect(four.validation.every((index) => all.validation.includes(index))).toBe(true);
    // Nothing is lost, and nothing is there twice.
    const used = [...four.train, ...four.validation, ...four.test, ...four.unlabelled];
    expect(used.sort((a, b) => a - b)).toEqual(Array.from({ length: 160 }, (_, index) => index));
    const ten = splitDataset(dataset, { ...settings, labels: 10 });
    expect(four.train.every((index) => ten.train.includes(index))).toBe(true);
    expect(splitDataset(dataset, { ...settings, labels: 4, unlabelled: false }).unlabelled).toHaveLength(0);
    expect(splitDataset(dataset, { ...settings, labels: 4, seed: 2 }).train).not.toEqual(four.train);
    expect(splitDataset(dataset, { ...settings, labels: 1000 })).toEqual(all);
  });

  test('a stated validation split is kept whole', () => {
    const images = dataset.images.map((image, i) => ({
      ...image,
      split: (['train', 'validation', 'test'] as const)[i % 3]!,
    }));
    const stated = { ...dataset, images, hasSplits: true };
    const whole = splitDataset(stated, settings);
    const two = splitDataset(stated, { ...settings, labels: 2 });
    expect(two.validation).toEqual(whole.validation);
    expect(countOf(two.train)).toEqual([2, 2, 2]);
    expect(two.unlabelled.length).toBe(whole.train.length - 6 + 4);
  });

  test('images beyond a limit, and those that an imbalance leaves out, are not used at all', () => {
    const { train, validation, unlabelled } = splitDataset(dataset, {
      ...settings,
      limit: 30,
      labels: 3,
      imbalance: 2,
    });
    expect(train.length + validation.length + unlabelled.length - 4).toBeLessThanOrEqual(30);
  });

  test('without any class nothing can be learned, in one sentence that says what to do', () => {
    expect(() => splitDataset({ ...dataset, classes: [], images: [] }, settings)).toThrow(
      /4 images and no labels.*; add a folder with a few labelled images for each class/,
    );
  });
});

test('copies of images are found by their content, whatever their name', async () => {
  const files = { ...LABELLED, 'unlabelled/same.png': LABELLED['a/0.png']!, 'unlabelled/x.png': 91 };
  const dataset = await openDataset(await makeTree(files));
  const wanted = { of: [Int32Array.of(3), Int32Array.of(0)], among: Int32Array.of(2, 5, 6) };
  const cache = await preparePixels(dataset, { inputSize: 32, cacheFolder: makeFolder() });
  onTestFinished(() => cache.close());
  expect(await findCopies(dataset, cache, wanted)).toEqual(new Set([5]));
  expect(await findCopies(dataset, cache, { ...wanted, among: new Int32Array() })).toEqual(new Set());
  await expect(findCopies(dataset, cache, wanted, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
