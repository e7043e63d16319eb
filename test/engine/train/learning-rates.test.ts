import { expect, test } from 'vitest';
import { LEARNING_RATES, scaleLearningRate } from '../../../electron/engine/train/index.ts';

const at = (step: number) => LEARNING_RATES.cosine(step, 100, { peak: 0.2, warmUp: 0.25 });

test('rises linearly to the peak, then falls along a cosine', () => {
  expect(at(0)).toBeCloseTo(0.2 / 26, 10);
  for (let step = 1; step < 25; step++) expect(at(step) - at(step - 1)).toBeCloseTo(0.2 / 26, 10);
  expect(at(25)).toBe(0.2);
  expect(at(25 + 75 / 3)).toBeCloseTo(0.2 * 0.75, 10); // cos(60°) = 1/2
  expect(at(62.5)).toBeCloseTo(0.1, 10);
  expect(at(99)).toBeGreaterThan(0);
  expect(at(99)).toBeLessThan(0.001);
});

test('starts at the peak without warm-up', () => {
  expect(LEARNING_RATES.cosine(0, 10, { peak: 0.1, warmUp: 0 })).toBe(0.1);
});

test('stays finite where all steps are warm-up', () => {
  for (let step = 0; step <= 5; step++) {
    const rate = LEARNING_RATES.cosine(step, 5, { peak: 0.1, warmUp: 1 });
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThanOrEqual(0.1);
  }
});

test('scales linearly with the batch', () => {
  expect(scaleLearningRate(0.2, 128)).toBe(0.2);
  expect(scaleLearningRate(0.2, 32)).toBe(0.05);
});
