import { describe, expect, it } from 'vitest';
import { formatCsv } from '../../../renderer/charts/csv.ts';
import { smooth } from '../../../renderer/charts/smooth.ts';
import { stackLabels } from '../../../renderer/charts/stack-labels.ts';
import { thinPoints } from '../../../renderer/charts/thin-points.ts';

const pairs = (flat: Float64Array): [number, number][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);

describe('thinPoints', () => {
  const x = Float64Array.from({ length: 100_000 }, (_, i) => i);
  const y = x.map((i) => Math.sin(i / 5000) + (i === 61_803 ? 9 : 0) - (i === 27_182 ? 9 : 0));

  it('keeps every peak, the ends and the order, in few points', () => {
    const thin = pairs(thinPoints(x, y, { from: 0, to: 99_999, columns: 500 }));
    expect(thin.length).toBeLessThanOrEqual(4 * 501);
    expect(thin[0]).toEqual([0, y[0]]);
    expect(thin.at(-1)).toEqual([99_999, y[99_999]]);
    expect(thin).toContainEqual([61_803, y[61_803]]);
    expect(thin).toContainEqual([27_182, y[27_182]]);
    expect(thin.every(([at], i) => i === 0 || at > thin[i - 1]![0])).toBe(true);
    expect(thin.every(([at, value]) => y[at] === value)).toBe(true);
  });

  it('gives a short stretch whole, with one point on each side', () => {
    const thin = pairs(thinPoints(x, y, { from: 10.5, to: 20.5, columns: 500 }));
    expect(thin.map(([at]) => at)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
  });

  it('leaves out what is not finite, and bears nothing at all', () => {
    expect(pairs(thinPoints([0, 1, 2], [1, Number.NaN, 3], { from: 0, to: 2, columns: 10 }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(thinPoints([], [], { from: 0, to: 1, columns: 10 })).toHaveLength(0);
  });
});

describe('smooth', () => {
  it('is the curve itself at 0, and is not pulled to 0 at its start', () => {
    expect([...smooth([3, 1, 4], 0)]).toEqual([3, 1, 4]);
    expect([...smooth([5, 5, 5, 5], 0.9)].map((value) => Number(value.toFixed(9)))).toEqual([5, 5, 5, 5]);
  });

  it('weighs as a mean with falling weights does', () => {
    const [, , last] = smooth([1, 2, 6], 0.5);
    expect(last).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 6) / 1.75, 12);
  });

  it('steps over what is not finite', () => {
    const smoothed = smooth([2, Number.NaN, 2], 0.5);
    expect(smoothed[1]).toBeNaN();
    expect(smoothed[2]).toBeCloseTo(2, 12);
  });
});

it('labels are stacked from the top, and stay where they are when asked again', () => {
  const place = stackLabels();
  expect(place({ dataIndex: 0, labelRect: { y: 10, height: 12 } })).toEqual({ dy: 0 });
  expect(place({ dataIndex: 1, labelRect: { y: 15, height: 12 } })).toEqual({ dy: 7 });
  expect(place({ dataIndex: 2, labelRect: { y: 80, height: 12 } })).toEqual({ dy: 0 });
  expect(place({ dataIndex: 1, labelRect: { y: 22, height: 12 } })).toEqual({ dy: 7 });
});

it('CSV is quoted, and never a formula', () => {
  const text = formatCsv(
    ['name', 'top-1'],
    [
      ['a "b", c', 0.5],
      ['=HYPERLINK("x")', null],
      ['-1', -1],
    ],
  );
  expect(text).toBe('name,top-1\r\n"a ""b"", c",0.5\r\n"\'=HYPERLINK(""x"")",\r\n\'-1,-1\r\n');
});
