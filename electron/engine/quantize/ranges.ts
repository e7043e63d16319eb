import { affineOf, rangeOf } from './affine.ts';
import type { Observation } from './observe.ts';

export type Range = readonly [min: number, max: number];

/** Shares of values that the percentile method leaves out at each end. */
const OUTLIERS = 1e-4;
/** Shares of the ends of the seen range that are tried, largest first: 1 to 0.2. */
const SHRINKS = Array.from({ length: 41 }, (_, i) => 1 - 0.02 * i);

/** Ways to choose the range of numbers that 8 bits are to cover, from the values that were seen. */
export const RANGE_METHODS = {
  /** All values. */
  'min-max': ({ min, max }): Range => [min, max],
  /** All but one in ten thousand at each end. */
  percentile: (observation): Range => [findQuantile(observation, OUTLIERS), findQuantile(observation, 1 - OUTLIERS)],
  /** The least mean square error. */
  mse: (observation): Range => findShrunk(observation, squareError),
  /** The least loss of information: Kullback-Leibler divergence of the distributions (Migacz 2017). */
  entropy: (observation): Range => findShrunk(observation, divergence),
} as const satisfies Record<string, (observation: Observation) => Range>;

export type RangeMethod = keyof typeof RANGE_METHODS;

function findQuantile({ min, max, histogram }: Observation, share: number): number {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [i, count] of histogram.entries()) {
    if (below + count >= share * total) {
      const within = count > 0 ? (share * total - below) / count : 0;
      return min + ((i + within) / histogram.length) * (max - min);
    }
    below += count;
  }
  return max;
}

/** The seen range with each end drawn in, the upper first, by the share that costs least. */
function findShrunk(observation: Observation, cost: (observation: Observation, range: Range) => number): Range {
  const { min, max } = observation;
  const high = max * findShare((share) => cost(observation, [min, share * max]));
  return [min * findShare((share) => cost(observation, [share * min, high])), high];
}

/** The largest of the shares that cost least. */
function findShare(cost: (share: number) => number): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (const share of SHRINKS) {
    const found = cost(share);
    if (found < least) [least, best] = [found, share];
  }
  return best;
}

function squareError(observation: Observation, range: Range): number {
  const affine = affineOf(range);
  const [low, high] = rangeOf(affine);
  let error = 0;
  eachBin(observation, (center, count) => {
    const clipped = Math.max(low, Math.min(high, center));
    const rounded = Math.round(clipped / affine.scale) * affine.scale;
    error += count * (center - rounded) ** 2;
  });
  return error;
}

/** Of the clipped values from what is left of them when all within one step of the integers count as equally likely. */
function divergence(observation: Observation, range: Range): number {
  const affine = affineOf(range);
  const [low, high] = rangeOf(affine);
  const clipped: { level: number; count: number; inside: number }[] = [];
  let [below, above] = [0, 0];
  eachBin(observation, (center, count) => {
    if (center < low) below += count;
    else if (center > high) above += count;
    else clipped.push({ level: Math.round(center / affine.scale), count, inside: count });
  });
  if (clipped.length === 0) return Number.POSITIVE_INFINITY;
  // What lies outside is moved to the ends.
  clipped[0]!.count += below;
  clipped.at(-1)!.count += above;
  const steps = new Map<number, { inside: number; bins: number }>();
  for (const { level, count, inside } of clipped) {
    const step = steps.get(level) ?? { inside: 0, bins: 0 };
    steps.set(level, { inside: step.inside + inside, bins: step.bins + (count > 0 ? 1 : 0) });
  }
  const total = clipped.reduce((sum, { count }) => sum + count, 0);
  const kept = total - below - above;
  let result = 0;
  for (const { level, count } of clipped) {
    if (count === 0) continue;
    const { inside, bins } = steps.get(level)!;
    result += (count / total) * Math.log(count / total / Math.max(inside / bins / kept, 1e-12));
  }
  return result;
}

function eachBin({ min, max, histogram }: Observation, see: (center: number, count: number) => void): void {
  const width = (max - min) / histogram.length;
  for (const [i, count] of histogram.entries()) see(min + (i + 0.5) * width, count);
}
