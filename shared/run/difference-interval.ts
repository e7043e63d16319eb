import { computeWilsonInterval } from './wilson-interval.ts';

/** How many of `count` images a network got right. */
export interface Hits {
  readonly hits: number;
  readonly count: number;
}

/** An accuracy, as the images that it was measured on. */
export function countHits(share: number, count: number): Hits {
  return { hits: Math.round(share * count), count };
}

/** Whether two accuracies differ by more than chance, with 95 % confidence. */
export function differBeyondChance(a: Hits, b: Hits): boolean {
  const [low, high] = computeDifferenceInterval(a, b);
  return low > 0 || high < 0;
}

/**
 * Bounds between which the true difference of two shares, `a` − `b`, lies with 95 % confidence (Newcombe 1998, method 10:
 * from Wilson's intervals). Both networks judge the same images and mostly agree, so the true bounds are narrower, and
 * these are conservative.
 */
export function computeDifferenceInterval(a: Hits, b: Hits): [low: number, high: number] {
  if (a.count === 0 || b.count === 0) return [-1, 1];
  const [shareA, shareB] = [a.hits / a.count, b.hits / b.count];
  const [lowA, highA] = computeWilsonInterval(a.hits, a.count);
  const [lowB, highB] = computeWilsonInterval(b.hits, b.count);
  const difference = shareA - shareB;
  return [
    difference - Math.hypot(shareA - lowA, highB - shareB),
    difference + Math.hypot(highA - shareA, shareB - lowB),
  ];
}

/** How many images two networks got right, each image counted once. */
export interface PairedCounts {
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
}

/**
 * The same for two networks of which it is known who was right on which image: narrower where they mostly agree (Newcombe 1998,
 * Statistics in Medicine 17:2635, method 10: Wilson's intervals, joined by the correlation of the two).
 */
export function computePairedInterval({ both, onlyA, onlyB, neither }: PairedCounts): [low: number, high: number] {
  const count = both + onlyA + onlyB + neither;
  if (count === 0) return [-1, 1];
  const [hitsA, hitsB] = [both + onlyA, both + onlyB];
  const [lowA, highA] = computeWilsonInterval(hitsA, count);
  const [lowB, highB] = computeWilsonInterval(hitsB, count);
  const [shareA, shareB] = [hitsA / count, hitsB / count];
  const phi = correlate({ both, onlyA, onlyB, neither }, count);
  const join = (a: number, b: number) => Math.sqrt(Math.max(0, a ** 2 - 2 * phi * a * b + b ** 2));
  const difference = shareA - shareB;
  return [difference - join(shareA - lowA, highB - shareB), difference + join(highA - shareA, shareB - lowB)];
}

/** The phi coefficient, with the correction for continuity of a positive one. 0 where a network is always or never right. */
function correlate({ both, onlyA, onlyB, neither }: PairedCounts, count: number): number {
  const scale = Math.sqrt((both + onlyA) * (onlyB + neither) * (both + onlyB) * (onlyA + neither));
  const covariance = both * neither - onlyA * onlyB;
  const corrected = covariance > 0 ? Math.max(0, covariance - count / 2) : covariance;
  return scale === 0 ? 0 : corrected / scale;
}
