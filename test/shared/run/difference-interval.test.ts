import { expect, it } from 'vitest';
import { computeDifferenceInterval } from '../../../shared/run/difference-interval.ts';

it('is that of the published table', () => {
  // Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10.
  const cases = [
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [10, 10, 0, 10, 0.6075, 1],
  ] as const;
  for (const [hitsA, countA, hitsB, countB, low, high] of cases) {
    const bounds = computeDifferenceInterval({ hits: hitsA, count: countA }, { hits: hitsB, count: countB });
    expect(bounds[0]).toBeCloseTo(low, 3);
    expect(bounds[1]).toBeCloseTo(high, 3);
  }
});

it('says nothing where there are no images', () => {
  expect(computeDifferenceInterval({ hits: 0, count: 0 }, { hits: 3, count: 4 })).toEqual([-1, 1]);
});
