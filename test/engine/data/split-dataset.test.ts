import { describe, expect, test } from 'vitest';
import type { DatasetImage, Split } from '../../../electron/engine/data/dataset.ts';
import { splitDataset } from '../../../electron/engine/data/split-dataset.ts';

const SETTINGS = { validation: 0.1, test: 0.2, limit: null, seed: 1 };

function makeDataset(counts: number[], splits: (Split | null)[] = [null]) {
  const images: DatasetImage[] = splits.flatMap((split) =>
    counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, i) => ({
        path: `${split}/${label}/${i}`,
        label,
        split,
        bytes: 1,
        location: { kind: 'file' as const, path: '', crc32: null },
      })),
    ),
  );
  return { classes: counts.map((_, label) => `class ${label}`), images, unlabelled: [], hasSplits: splits[0] !== null };
}

function countByClass(dataset: ReturnType<typeof makeDataset>, indices: Int32Array): number[] {
  const counts = dataset.classes.map(() => 0);
  for (const index of indices) counts[dataset.images[index]!.label]!++;
  return counts;
}

describe('without stated splits', () => {
  test('every class gives its share, and every image is used once', () => {
    const dataset = makeDataset([100, 50, 10]);
    const { train, validation, test } = splitDataset(dataset, SETTINGS);
    expect(countByClass(dataset, test)).toEqual([20, 10, 2]);
    expect(countByClass(dataset, validation)).toEqual([8, 4, 1]);
    expect(countByClass(dataset, train)).toEqual([72, 36, 7]);
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(dataset.images.map((_, index) => index));
  });

  test('every class is in every split as soon as it has three images', () => {
    const dataset = makeDataset([3, 4, 1000]);
    const splits = splitDataset(dataset, { ...SETTINGS, validation: 0.01, test: 0.49 });
    for (const part of [splits.train, splits.validation, splits.test])
      for (const count of countByClass(dataset, part)) expect(count).toBeGreaterThan(0);
  });

  test('two images are too few, and the sentence says whose', () => {
    expect(() => splitDataset(makeDataset([3, 2]), SETTINGS)).toThrow(/"class 1" has 2 images .* at least 3/);
  });

  test('the seed decides, and a class does not depend on the others', () => {
    const dataset = makeDataset([100, 100]);
    const first = splitDataset(dataset, SETTINGS);
    expect(splitDataset(dataset, SETTINGS)).toEqual(first);
    expect(splitDataset(dataset, { ...SETTINGS, seed: 2 })).not.toEqual(first);
    const more = splitDataset(makeDataset([100, 100, 100]), SETTINGS);
    expect([...more.test].filter((index) => index < 200)).toEqual([...first.test]);
  });

  test('broken images are left out, and count as missing', () => {
    const dataset = makeDataset([4, 4]);
    const splits = splitDataset(dataset, { ...SETTINGS, without: [0] });
    expect([...splits.train, ...splits.validation, ...splits.test]).not.toContain(0);
    expect(() => splitDataset(dataset, { ...SETTINGS, without: [0, 1] })).toThrow(/"class 0" has 2/);
  });
});

describe('with stated splits', () => {
  test('test is kept, validation is drawn from train', () => {
    const dataset = makeDataset([50, 30], ['train', 'test']);
    const splits = splitDataset(dataset, SETTINGS);
    expect([...splits.test]).toEqual(dataset.images.flatMap((image, i) => (image.split === 'test' ? [i] : [])));
    expect(countByClass(dataset, splits.validation)).toEqual([5, 3]);
    expect(countByClass(dataset, splits.train)).toEqual([45, 27]);
  });

  test('all three are kept', () => {
    const dataset = makeDataset([5, 5], ['train', 'validation', 'test']);
    const { train, validation, test } = splitDataset(dataset, SETTINGS);
    expect([train.length, validation.length, test.length]).toEqual([10, 10, 10]);
  });

  test('test is drawn from train where it is missing', () => {
    const dataset = makeDataset([50, 50], ['train', 'validation']);
    const { train, validation, test } = splitDataset(dataset, SETTINGS);
    expect([train.length, validation.length, test.length]).toEqual([80, 100, 20]);
  });
});

describe('imbalance', () => {
  test('leaves training images out along an exponential, and touches no other split', () => {
    const dataset = makeDataset([100, 100, 100]);
    const plain = splitDataset(dataset, SETTINGS);
    const tailed = splitDataset(dataset, { ...SETTINGS, imbalance: 16 });
    expect(countByClass(dataset, plain.train)).toEqual([72, 72, 72]);
    expect(countByClass(dataset, tailed.train)).toEqual([72, 18, 5]);
    expect(tailed.validation).toEqual(plain.validation);
    expect(tailed.test).toEqual(plain.test);
    const all = new Set(plain.train);
    for (const index of tailed.train) expect(all).toContain(index);
  });

  test('keeps an image of every class, and of small ones what they have', () => {
    const dataset = makeDataset([50, 6, 50]);
    const { train } = splitDataset(dataset, { ...SETTINGS, imbalance: 1000 });
    expect(countByClass(dataset, train)).toEqual([36, 1, 1]);
  });
});

describe('limit', () => {
  test('is kept exactly, in proportion, over what trains and validates', () => {
    const dataset = makeDataset([600, 300, 100], ['train', 'test']);
    const { train, validation, test } = splitDataset(dataset, { ...SETTINGS, limit: 101 });
    expect(train.length + validation.length).toBe(101);
    const both = countByClass(dataset, Int32Array.from([...train, ...validation]));
    expect(both[0]).toBeGreaterThanOrEqual(60);
    expect(both[2]).toBeGreaterThanOrEqual(10);
    expect(test.length).toBe(1000);
  });

  test('larger than the dataset changes nothing; a smaller one takes a part of a larger one', () => {
    const dataset = makeDataset([40, 40], ['train', 'validation', 'test']);
    expect(splitDataset(dataset, { ...SETTINGS, limit: 1000 })).toEqual(splitDataset(dataset, SETTINGS));
    const large = new Set(splitDataset(dataset, { ...SETTINGS, limit: 60 }).train);
    for (const index of splitDataset(dataset, { ...SETTINGS, limit: 30 }).train) expect(large).toContain(index);
  });

  test('keeps rare classes at the cost of common ones', () => {
    const dataset = makeDataset([1000, 2, 2], ['train', 'test']);
    const { train, validation } = splitDataset(dataset, { ...SETTINGS, limit: 10 });
    expect(countByClass(dataset, train)).toEqual([5, 1, 1]);
    expect(countByClass(dataset, validation)).toEqual([1, 1, 1]);
  });

  test('too small for the classes is refused', () => {
    expect(() => splitDataset(makeDataset([9, 9, 9]), { ...SETTINGS, limit: 5 })).toThrow(
      /data\.limit is 5; .* at least 6/,
    );
  });
});
