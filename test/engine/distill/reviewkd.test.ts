import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { contextLoss } from '../../../electron/engine/distill/methods/reviewkd.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const map = (shape: [number, number, number, number], values: number[]) => tf.tensor4d(values, shape);
const numberOf = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

test('the context loss sees a difference of the whole at every scale, and one of a detail where it is', () => {
  const zeros = tf.zeros<tf.Rank.R4>([1, 2, 2, 1]);
  expect(numberOf(contextLoss(map([1, 2, 2, 1], [1, 1, 1, 1]), zeros))).toBeCloseTo(1, 6);
  expect(numberOf(contextLoss(map([1, 2, 2, 1], [1, -1, 1, -1]), zeros))).toBeCloseTo(1 / 1.5, 6);
});
