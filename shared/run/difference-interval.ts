import { computeWilsonInterval } from './wilson-interval.ts';

/**
 * Bounds between which the true difference of two shares, `a` − `b`, lies with 95 % confidence (Newcombe 1998, method 10:
 * from Wilson's intervals). Both networks judge the same images and mostly agree, so the true bounds are narrower, and
 * these are conservative.
 */
export function computeDifferenceInterval(
  a: { hits: number; count: number },
  b: { hits: number; count: number },
): [low: number, high: number] {
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
