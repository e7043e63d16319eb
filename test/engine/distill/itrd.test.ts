import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { correlationLoss, informationLoss } from '../../../electron/engine/distill/methods/itrd.ts';
import { expectValues } from './expect-values.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('the correlation of dimensions that are opposite, or have nothing to do with each other', () => {
  const x = tf.tensor2d([[1], [-1], [1], [-1]]);
  const other = tf.tensor2d([[1], [1], [-1], [-1]]);
  // |-1 - 1|³ and |0 - 1|³.
  expectValues(correlationLoss(tf.mul(x, 9), tf.neg(x), { alpha: 1.5 }), [3]);
  expectValues(correlationLoss(x, other, { alpha: 1.5 }), [0]);
  expect(correlationLoss(x, x, { alpha: 1.5 }).dataSync()[0]).toBeLessThan(-30);
});

test('the information is what the student tells of the teacher’s similarities', () => {
  const apart = tf.tensor2d([
    [2, 0],
    [0, 2],
  ]);
  const alike = tf.ones<tf.Rank.R2>([2, 3]);
  expectValues(informationLoss(apart, apart), [0]);
  expectValues(informationLoss(apart, alike), [0]);
  expectValues(informationLoss(alike, apart), [0.5]);
});
