import { expect, test } from 'vitest';
import { formatShare, retention, wilsonInterval } from '../../../electron/engine/measure/index.ts';

test('agrees with published values of the Wilson interval', () => {
  // Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
  for (const [hits, images, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const interval = wilsonInterval(hits / images, images, 1.959964);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  }
});

test('nothing is known of no images', () => {
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
});

test('prints a share with its uncertainty in points', () => {
  expect(formatShare(0.873, 3000)).toBe('87.3 % ± 1.2');
});

test('retention is the ratio of top-1, uncapped, and says nothing of a reference that is never right', () => {
  expect(retention({ top1: 0.9 }, { top1: 0.75 })).toBeCloseTo(1.2, 12);
  expect(retention({ top1: 0.9 }, { top1: 0 })).toBeNull();
});
