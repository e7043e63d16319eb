import { expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { computeDifferenceInterval, computePairedInterval } from '../../../shared/run/difference-interval.ts';

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

it('of two networks on the same images is that of published examples', () => {
  // Newcombe 1998 (Statistics in Medicine 17:2635), method 10; Fagerland, Lydersen & Laake 2014 (33:2850), airways.
  const cases = [
    [36, 12, 2, 0, 0.0569, 0.3404],
    [1, 1, 7, 12, -0.507, -0.026],
  ] as const;
  for (const [both, onlyA, onlyB, neither, low, high] of cases) {
    const bounds = computePairedInterval({ both, onlyA, onlyB, neither });
    expect(bounds[0]).toBeCloseTo(low, 3);
    expect(bounds[1]).toBeCloseTo(high, 3);
  }
});

it('of two networks on the same images covers the truth about as often as it says, and is narrower than that of two samples', () => {
  const random = new Random(3);
  // In 400 images, 75 % both right, 8 % only the first, 5 % only the second.
  let covered = 0;
  for (let trial = 0; trial < 2000; trial++) {
    const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
    for (let image = 0; image < 400; image++) {
      const at = random.next();
      counts[at < 0.75 ? 'both' : at < 0.83 ? 'onlyA' : at < 0.88 ? 'onlyB' : 'neither']++;
    }
    const [low, high] = computePairedInterval(counts);
    if (low <= 0.03 && 0.03 <= high) covered++;
    const hits = (only: number) => ({ hits: counts.both + only, count: 400 });
    const [lowest, highest] = computeDifferenceInterval(hits(counts.onlyA), hits(counts.onlyB));
    expect(high - low).toBeLessThan(highest - lowest);
  }
  expect(covered / 2000).toBeGreaterThan(0.93);
  expect(covered / 2000).toBeLessThan(0.97);
});

it('of two networks on the same images is never undefined', () => {
  const none = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  expect(computePairedInterval(none)).toEqual([-1, 1]);
  for (const one of ['both', 'onlyA', 'onlyB', 'neither'] as const) {
    const [low, high] = computePairedInterval({ ...none, [one]: 20 });
    const difference = one === 'onlyA' ? 1 : one === 'onlyB' ? -1 : 0;
    expect(low).toBeLessThanOrEqual(difference);
    expect(high).toBeGreaterThanOrEqual(difference);
    expect(Math.max(-low, high)).toBeLessThanOrEqual(1 + 1e-12);
  }
});
