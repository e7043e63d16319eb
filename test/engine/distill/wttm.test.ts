import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { softenedDivergence, transformedDivergence } from '../../../electron/engine/distill/index.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('has the values worked out by hand: a teacher that is sure counts less', () => {
  // The square roots of [1, 4, 4] / 9 sum to 5/3; those of [1, 0, 0] to 1.
  const teacher = tf.tensor2d([
    [0, Math.log(4), Math.log(4)],
    [1e3, 0, 0],
  ]);
  const [smooth, sure] = transformedDivergence(tf.zeros([2, 3]), teacher, { gamma: 0.5 }).dataSync();
  const divergence = 0.2 * Math.log(0.6) + 0.8 * Math.log(1.2);
  expect(smooth).toBeCloseTo((5 / 3) * divergence, 5);
  expect(sure).toBeCloseTo(Math.log(3), 5);
});

test('with the power 1 is the divergence of the probabilities as they are', () => {
  const [student, teacher] = [draw<tf.Rank.R2>([3, 4], 'student'), draw<tf.Rank.R2>([3, 4], 'teacher')];
  const plain = softenedDivergence(student, teacher, { temperature: 1 }).dataSync();
  for (const [i, value] of transformedDivergence(student, teacher, { gamma: 1 }).dataSync().entries())
    expect(value).toBeCloseTo(plain[i]!, 5);
});

test('has the gradient of central differences', () => {
  const teacher = draw<tf.Rank.R2>([3, 4], 'teacher');
  expectGradient(
    (x: tf.Tensor2D) => tf.mean<tf.Scalar>(transformedDivergence(x, teacher)),
    draw<tf.Rank.R2>([3, 4], 'student'),
  );
});
