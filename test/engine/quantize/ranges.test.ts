import { describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { affineOf, PIXELS, rangeOf } from '../../../electron/engine/quantize/affine.ts';
import type { Observation } from '../../../electron/engine/quantize/observe.ts';
import { RANGE_METHODS, type Range } from '../../../electron/engine/quantize/ranges.ts';

describe('affineOf', () => {
  test.each<[Range]>([[[0, 6]], [[-1, 1]], [[-3.7, 0.2]], [[2, 5]], [[-5, -2]], [[-1e-6, 3e4]], [[0, 1e-30]]])(
    'covers %j and has zero exactly',
    (range) => {
      const affine = affineOf(range);
      const [low, high] = rangeOf(affine);
      expect(Number.isInteger(affine.zeroPoint)).toBe(true);
      expect(affine.zeroPoint).toBeGreaterThanOrEqual(-128);
      expect(affine.zeroPoint).toBeLessThanOrEqual(127);
      expect(low).toBeLessThanOrEqual(Math.min(0, range[0]) + affine.scale / 1.99);
      expect(high).toBeGreaterThanOrEqual(Math.max(0, range[1]) - affine.scale / 1.99);
      expect(high - low).toBeCloseTo(255 * affine.scale, 10);
    },
  );

  test('of nothing but zeros, zero', () => {
    expect(affineOf([0, 0])).toEqual({ scale: 1, zeroPoint: 0 });
  });

  test('pixels are integers as they are', () => {
    expect(rangeOf(PIXELS)).toEqual([0, 255]);
  });
});

describe('methods', () => {
  const random = new Random('ranges');
  const normal = Float64Array.from({ length: 40_000 }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return radius * Math.cos(2 * Math.PI * random.next());
  });
  const withOutlier = Float64Array.from([...normal.slice(1), 60]);

  function observe(values: Float64Array): Observation {
    const [min, max] = [Math.min(...values), Math.max(...values)];
    const histogram = new Float64Array(2048);
    for (const value of values) histogram[Math.min(2047, Math.floor(((value - min) / (max - min)) * 2048))]!++;
    return { min, max, histogram, channelMeans: new Float64Array(1), channelPeaks: new Float64Array(1) };
  }

  function meanSquareError(values: Float64Array, range: Range): number {
    const affine = affineOf(range);
    const [low, high] = rangeOf(affine);
    const errors = values.map((value) => {
      const rounded = Math.round(Math.max(low, Math.min(high, value)) / affine.scale) * affine.scale;
      return (value - rounded) ** 2;
    });
    return errors.reduce((sum, error) => sum + error, 0) / values.length;
  }

  test('min-max is what was seen', () => {
    expect(RANGE_METHODS['min-max'](observe(withOutlier))[1]).toBe(60);
  });

  test('percentile leaves out one in ten thousand at each end', () => {
    const [low, high] = RANGE_METHODS.percentile(observe(withOutlier));
    const below = withOutlier.filter((value) => value < low).length;
    const above = withOutlier.filter((value) => value > high).length;
    for (const count of [below, above]) {
      expect(count).toBeGreaterThanOrEqual(0);
      expect(count).toBeLessThan(2 * 4 + 2);
    }
    expect(high).toBeLessThan(10);
  });

  test('mse has the least error of all shares of the range', () => {
    const observation = observe(normal);
    const { min, max } = observation;
    const found = meanSquareError(normal, RANGE_METHODS.mse(observation));
    for (let share = 0.2; share <= 1; share += 0.04)
      expect(found).toBeLessThanOrEqual(1.01 * meanSquareError(normal, [share * min, share * max]));
    expect(found).toBeLessThan(meanSquareError(normal, [min, max]));
  });

  test('entropy keeps an even distribution whole, and cuts off a lone outlier', () => {
    const even = Float64Array.from({ length: 50_000 }, () => 6 * random.next());
    const [, high] = RANGE_METHODS.entropy(observe(even));
    expect(high).toBeGreaterThan(5.8);
    expect(RANGE_METHODS.entropy(observe(withOutlier))[1]).toBeLessThan(30);
  });

  test.each(Object.keys(RANGE_METHODS) as (keyof typeof RANGE_METHODS)[])(
    '%s of one value alone is finite',
    (method) => {
      for (const value of [0, 3, -2]) {
        const range = RANGE_METHODS[method]({ ...observe(normal), min: value, max: value });
        expect(range.every(Number.isFinite)).toBe(true);
        expect(affineOf(range).scale).toBeGreaterThan(0);
      }
    },
  );
});
