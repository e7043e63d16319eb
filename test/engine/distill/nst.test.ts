import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { compareSelectivity } from '../../../electron/engine/distill/methods/nst.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const map = (shape: [number, number, number, number], values: number[]) => tf.tensor4d(values, shape);
const numberOf = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

test('the selectivity of channels is told from positions as from channels', () => {
  // All of the student's look at one place, all of the teacher's at the other: 1 + 1 - 2 · 0.
  expect(numberOf(compareSelectivity(map([1, 1, 2, 1], [3, 0]), map([1, 1, 2, 1], [0, -2])))).toBeCloseTo(2, 5);
  const two = [map([1, 1, 2, 2], [3, 1, 0, 0]), map([1, 1, 2, 2], [0, 0, 2, 2])] as const;
  expect(numberOf(compareSelectivity(...two))).toBeCloseTo(2, 5);
});

test('the selectivity of channels does not depend on order, sign, size and number of channels', () => {
  const teacher = map([1, 1, 3, 2], [1, 0, 2, 1, 2, 5]);
  const student = map([1, 1, 3, 4], [0, -1, 2, 0, 1, -2, 4, 3, 5, -2, 4, 15]);
  expect(numberOf(compareSelectivity(student, teacher))).toBeCloseTo(0, 5);
});
