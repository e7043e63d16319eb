import { describe, expect, it } from 'vitest';
import { placePoints } from '../../../../renderer/views/compare/accuracy-points.ts';
import { colorAttention, paintAttention } from '../../../../renderer/views/compare/attention-color.ts';
import { chooseLevel } from '../../../../renderer/views/compare/attention-level.ts';
import { arrangeCka, averageCka } from '../../../../renderer/views/compare/cka.ts';

describe('accuracy against cost', () => {
  const point = { name: 'first', dataset: '0123456789abcdef', macs: 20, parameters: 9, top1: 0.9 };
  const points = [
    { ...point, run: 'first', role: 'teacher' as const },
    { ...point, run: 'first', role: 'student' as const },
    { ...point, run: 'second', role: 'student' as const },
  ];

  it('places a network by the cost that is asked for', () => {
    expect(placePoints(points, 'flops', []).map(({ x }) => x)).toEqual([40, 40, 40]);
    expect(placePoints(points, 'parameters', [])[0]).toMatchObject({ id: 'first:teacher', x: 9, y: 0.9 });
  });

  it('rings the compressed students of the runs that are looked at', () => {
    expect(placePoints(points, 'macs', ['first']).map(({ ringed }) => ringed)).toEqual([false, true, false]);
  });
});

describe('attention', () => {
  const readPixel = (pixels: Uint8ClampedArray, side: number, x: number, y: number): number[] => [
    ...pixels.slice(4 * (y * side + x), 4 * (y * side + x) + 4),
  ];

  it('goes from dark to light, and stays within its ends', () => {
    expect(colorAttention(0)).toEqual([0, 0, 4]);
    expect(colorAttention(1)).toEqual([252, 255, 164]);
    expect(colorAttention(-1)).toEqual(colorAttention(0));
    expect(colorAttention(7)).toEqual(colorAttention(1));
    const luma = ([red, green, blue]: number[]): number => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    const steps = Array.from({ length: 50 }, (_, i) => luma(colorAttention(i / 49)));
    expect(steps.every((value, i) => i === 0 || value > steps[i - 1]!)).toBe(true);
  });

  it('puts each cell where it lies in the image, and mixes between their centres', () => {
    const pixels = paintAttention({ width: 2, height: 2, values: [1, 0, 0, 0] }, 8);
    expect(readPixel(pixels, 8, 0, 0).slice(0, 3)).toEqual(colorAttention(1));
    expect(readPixel(pixels, 8, 7, 7).slice(0, 3)).toEqual(colorAttention(0));
    // Centre of pixel 3 of 8 is at 3.5/8 · 2 − 0.5 = 0.375 between the two cells; the edge row is repeated.
    expect(readPixel(pixels, 8, 3, 0).slice(0, 3)).toEqual(colorAttention(0.625));
  });

  it('takes a map of one cell', () => {
    const pixels = paintAttention({ width: 1, height: 1, values: [0.5] }, 3);
    expect(readPixel(pixels, 3, 2, 0)).toEqual(readPixel(pixels, 3, 0, 2));
  });
});

describe('the level shown first', () => {
  const square = (side: number) => ({ teacher: { width: side, height: side } });

  it('is the deepest that tells places apart', () => {
    expect(chooseLevel([square(2), square(4), square(8)])).toBe(1);
    expect(chooseLevel([square(28), square(14), square(7)])).toBe(2);
  });

  it('is the finest where all are coarse', () => {
    expect(chooseLevel([square(1), square(3), square(2)])).toBe(1);
    expect(chooseLevel([])).toBe(0);
  });
});

describe('likeness of features', () => {
  const pairs = [
    { teacher: 't1', student: 's1', value: 0.9, distilled: true },
    { teacher: 't2', student: 's1', value: 0.3, distilled: false },
    { teacher: 't2', student: 's2', value: 0.7, distilled: true },
  ];

  it('is a matrix in the order of depth, with holes where nothing was measured', () => {
    const { teacher, student, cells } = arrangeCka(pairs);
    expect([teacher, student]).toEqual([
      ['t1', 't2'],
      ['s1', 's2'],
    ]);
    expect(cells.map((line) => line.map((pair) => pair?.value ?? null))).toEqual([
      [0.9, null],
      [0.3, 0.7],
    ]);
  });

  it('has a mean over the distilled pairs', () => {
    expect(averageCka(pairs).distilled).toBeCloseTo(0.8, 12);
    expect(averageCka([])).toEqual({ distilled: null, all: null });
  });
});
