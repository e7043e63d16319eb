import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { negativeLogLikelihood } from '../../../electron/engine/distill/methods/vid.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const map = (shape: [number, number, number, number], values: number[]) => tf.tensor4d(values, shape);
const numberOf = (tensor: tf.Tensor) => tensor.dataSync()[0]!;

test('the likelihood of features is worst where the learned variance is not that of the error', () => {
  const [student, teacher] = [map([1, 1, 2, 1], [0, 0]), map([1, 1, 2, 1], [2, -2])];
  const at = (variance: number) => tf.tensor1d([Math.log(Math.expm1(variance))]);
  expect(numberOf(negativeLogLikelihood(student, teacher, at(1)))).toBeCloseTo(4 / 2, 3);
  expect(numberOf(negativeLogLikelihood(student, teacher, at(4)))).toBeCloseTo((1 + Math.log(4)) / 2, 3);
  const slope = tf.grad((spread) => negativeLogLikelihood(student, teacher, spread as tf.Tensor1D));
  expect(numberOf(slope(at(4)))).toBeCloseTo(0, 4);
  expect(numberOf(slope(at(1)))).toBeLessThan(0);
  expect(numberOf(slope(at(9)))).toBeGreaterThan(0);
});
