import { expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { fromHalf, toHalf } from '../../../electron/engine/export/half.ts';

// Checked by the definition of IEEE 754 binary16, and by a search through all of its numbers.

const patterns = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
const numbers = fromHalf(patterns);

test('every number of 16 bits comes back as it was', () => {
  expect(toHalf(numbers)).toEqual(patterns);
  const negative = numbers.map((value) => -value);
  expect(toHalf(negative)).toEqual(patterns.map((pattern) => pattern | 0x8000));
});

test('known numbers', () => {
  const known: [number, number][] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1 / 3, 0x3555],
    [65519, 0x7bff],
  ];
  for (const [value, pattern] of known) expect(toHalf(Float32Array.of(value))[0]).toBe(pattern);
  expect([...fromHalf(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))]).toEqual([Infinity, -Infinity, Number.NaN]);
});

test('rounds to the nearest number, ties to the even one', () => {
  const random = new Random('half');
  const values = Float32Array.from({ length: 2000 }, () => random.next() * 2 ** (random.integer(40) - 26));
  const halves = fromHalf(toHalf(values));
  for (const [i, value] of values.entries()) {
    // Numbers grow with their patterns.
    const above = numbers.findIndex((candidate) => candidate >= value);
    const [low, high] = [numbers[Math.max(0, above - 1)]!, numbers[above]!];
    const nearest = Math.min(value - low, high - value);
    expect(Math.abs(halves[i]! - value)).toBe(nearest);
  }
  const tie = (numbers[1001]! + numbers[1002]!) / 2;
  expect(toHalf(Float32Array.of(tie))[0]).toBe(1002);
  expect(toHalf(Float32Array.of((numbers[1002]! + numbers[1003]!) / 2))[0]).toBe(1002);
});

test.each([65520, -70000, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (value) => {
  expect(() => toHalf(Float32Array.of(value))).toThrow(
    expect.objectContaining({ code: 'export.mismatch', message: expect.stringContaining('16 bits') }),
  );
});
