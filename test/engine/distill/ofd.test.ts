import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { findMargins, partialDistance } from '../../../electron/engine/distill/methods/ofd.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const map = (shape: [number, number, number, number], values: number[]) => tf.tensor4d(values, shape);
const numberOf = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

test('the partial distance takes the mean of a half normal distribution as margin', () => {
  // Mean 0, deviation 1; the second channel is never below 0.
  const margins = findMargins(map([1, 1, 2, 2], [1, 9, -1, 11])).dataSync();
  expect(margins[0]).toBeCloseTo(-Math.sqrt(2 / Math.PI), 5);
  expect(margins[1]).toBeCloseTo(-3, 5);
});

test('the partial distance leaves the student free below a negative target', () => {
  const teacher = map([1, 1, 2, 1], [1, -1]);
  const margin = Math.sqrt(2 / Math.PI);
  expect(numberOf(partialDistance(map([1, 1, 2, 1], [0, -2]), teacher))).toBeCloseTo(1 / 2, 5);
  expect(numberOf(partialDistance(map([1, 1, 2, 1], [2, 0]), teacher))).toBeCloseTo((1 + margin ** 2) / 2, 5);
});
