import { expect, test } from 'vitest';
import { CalibrationError } from '../../../electron/engine/measure/calibration-error.ts';
import { ConfidenceTally } from '../../../electron/engine/measure/index.ts';

test('the calibration error is the one worked out by hand', () => {
  const error = new CalibrationError();
  // The bin from 12/15 to 13/15: sure of 0.82 and 0.86, one of them right. The last one: sure of 1, right; of 0.95, wrong.
  error.add(0.82, true);
  error.add(0.86, false);
  error.add(1, true);
  error.add(0.95, false);
  const [first, last] = [Math.abs(0.84 - 0.5), Math.abs(0.975 - 0.5)];
  expect(error.value()).toBeCloseTo((2 * first + 2 * last) / 4, 12);
});

test('over- and underconfidence cancel out within a bin only', () => {
  const together = new CalibrationError();
  for (const right of [true, true, true, false]) together.add(0.75, right);
  expect(together.value()).toBeCloseTo(0, 12);
  const apart = new CalibrationError();
  apart.add(0.5, true);
  apart.add(0.9, false);
  expect(apart.value()).toBeCloseTo((0.5 + 0.9) / 2, 12);
  expect(new CalibrationError().value()).toBe(0);
});

test('probabilities follow the temperature, and their order stays', () => {
  const tally = new ConfidenceTally({ temperature: 2, likeness: null });
  tally.add(Float32Array.of(0, 4, 2, 2, 0, 0), Int32Array.of(1, 0));
  const { probabilities, unlike, errorBefore, errorAfter } = tally.result();
  const sum = 1 + Math.exp(2) + Math.exp(1);
  for (const [i, expected] of [Math.exp(2) / sum, Math.exp(1) / sum, 1 / sum].entries())
    expect(probabilities[i]).toBeCloseTo(expected, 6);
  expect(unlike).toBeNull();
  // Both are right, so that the less confident one errs more.
  expect(errorAfter).toBeGreaterThan(errorBefore);
});
