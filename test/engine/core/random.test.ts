import { describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';

const DRAWS = 20_000;

function draw(count: number, next: (random: Random) => number, seed = 1): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => next(random));
}

function moments(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

describe('a generator', () => {
  test('repeats itself for the same seed and differs for others', () => {
    expect(draw(50, (random) => random.bits(), 7)).toEqual(draw(50, (random) => random.bits(), 7));
    const firsts = Array.from({ length: 1000 }, (_, seed) => new Random(seed).bits());
    expect(new Set(firsts).size).toBeGreaterThan(998);
  });

  test('forks depend on seed and keys only, not on what was drawn', () => {
    const random = new Random(1);
    const before = random.fork('crop', 3, 17).next();
    for (let i = 0; i < 10; i++) random.normal();
    expect(random.fork('crop', 3, 17).next()).toBe(before);
    expect(random.fork('crop').fork(3).fork(17).next()).toBe(before);
    expect(random.fork('crop', 3, 18).next()).not.toBe(before);
    expect(random.fork('flip', 3, 17).next()).not.toBe(before);
    expect(new Random(2).fork('crop', 3, 17).next()).not.toBe(before);
  });

  test('can be made again from its path, as another thread does', () => {
    const fork = new Random(5).fork('a', 'b', 9);
    expect(new Random(fork.path).fork(1).bits()).toBe(fork.fork(1).bits());
    expect(new Random(fork.path).bits()).toBe(fork.bits());
  });

  test('forks with neighbouring keys are not correlated', () => {
    const values = Array.from({ length: DRAWS }, (_, key) => new Random(1).fork('image', 0, key).next());
    const { mean, variance } = moments(values);
    const correlation = values.slice(1).reduce((sum, value, i) => sum + (value - mean) * (values[i]! - mean), 0);
    expect(Math.abs(correlation / (DRAWS * variance))).toBeLessThan(0.03);
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });
});

describe('distributions', () => {
  test('bits are fair, each of the 32', () => {
    const ones = new Array<number>(32).fill(0);
    for (const bits of draw(DRAWS, (random) => random.bits()))
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (bits >>> bit) & 1;
    for (const count of ones) expect(Math.abs(count - DRAWS / 2)).toBeLessThan(5 * Math.sqrt(DRAWS / 4));
  });

  test('integers are uniform (chi-square, 9 degrees of freedom, p = 0.001)', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of draw(DRAWS, (random) => random.integer(10))) counts[value]!++;
    const expected = DRAWS / 10;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(27.9);
  });

  test.each<[string, (random: Random) => number, number, number]>([
    ['next', (random) => random.next(), 1 / 2, 1 / 12],
    ['uniform(-2, 4)', (random) => random.uniform(-2, 4), 1, 3],
    ['normal', (random) => random.normal(), 0, 1],
    ['gamma(0.3)', (random) => random.gamma(0.3), 0.3, 0.3],
    ['gamma(4)', (random) => random.gamma(4), 4, 4],
    ['beta(0.2, 0.2)', (random) => random.beta(0.2, 0.2), 0.5, 0.25 / 1.4],
    ['beta(2, 5)', (random) => random.beta(2, 5), 2 / 7, 10 / (49 * 8)],
  ])('%s has the mean and variance of its distribution', (_, next, mean, variance) => {
    const found = moments(draw(DRAWS, next));
    const error = Math.sqrt(variance / DRAWS);
    expect(Math.abs(found.mean - mean)).toBeLessThan(5 * error);
    expect(Math.abs(found.variance - variance) / variance).toBeLessThan(0.1);
  });

  test('next stays below 1, beta within 0 and 1', () => {
    for (const value of draw(DRAWS, (random) => random.next())) expect(value >= 0 && value < 1).toBe(true);
    for (const value of draw(2000, (random) => random.beta(0.1, 0.1))) expect(value >= 0 && value <= 1).toBe(true);
  });

  test('all orders of three come up alike when shuffled', () => {
    const random = new Random(1);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle([0, 1, 2]).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('shuffling works in place, on typed arrays too', () => {
    const items = Int32Array.from({ length: 100 }, (_, i) => i);
    expect(new Random(1).shuffle(items)).toBe(items);
    expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...items]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
