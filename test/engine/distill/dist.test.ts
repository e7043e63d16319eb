import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { relationDistance } from '../../../electron/engine/distill/index.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const logOf = (probabilities: number[][]) => tf.log(tf.tensor2d(probabilities)) as tf.Tensor2D; // A row an image.

test('has the values worked out by hand', () => {
  const student = logOf([
    [0.2, 0.3, 0.5],
    [0.4, 0.4, 0.2],
  ]);
  const teacher = logOf([
    [0.1, 0.3, 0.6],
    [0.6, 0.1, 0.3],
  ]);
  const parts = (beta: number, gamma: number) => [
    ...relationDistance(student, teacher, { beta, gamma, temperature: 1 }).dataSync(),
  ];
  // Centred, in thirtieths: [-4, -1, 5] and [-7, -1, 8]; [2, 2, -4] and [8, -7, -1].
  const inter = [1 - 69 / Math.sqrt(42 * 114), 1 - 6 / Math.sqrt(24 * 114)];
  for (const [i, value] of parts(1, 0).entries()) expect(value).toBeCloseTo(inter[i]!, 5);
  // Of two images only the direction of the difference counts: the same in all classes but the second.
  for (const value of parts(0, 1)) expect(value).toBeCloseTo(2 / 3, 5);
  for (const [i, value] of parts(2, 3).entries()) expect(value).toBeCloseTo(2 * inter[i]! + 2, 5);
});

test('does not mind how far probabilities lie apart, only their order', () => {
  const teacher = logOf([[0.1, 0.3, 0.6]]);
  const shrunk = logOf([[1 / 3 - 0.07, 1 / 3 - 0.01, 1 / 3 + 0.08]]);
  const [value] = relationDistance(shrunk, teacher, { gamma: 0, temperature: 1 }).dataSync();
  expect(value).toBeCloseTo(0, 5);
});

test('has the gradient of central differences', () => {
  const teacher = draw<tf.Rank.R2>([3, 4], 'teacher');
  expectGradient(
    (x: tf.Tensor2D) => tf.mean<tf.Scalar>(relationDistance(x, teacher, { beta: 2, gamma: 3, temperature: 1.5 })),
    draw<tf.Rank.R2>([3, 4], 'student'),
    { tolerance: 5e-3 },
  );
});

test('has a finite gradient where a student says the same of everything, and for a single image', () => {
  for (const shape of [
    [3, 4],
    [1, 4],
  ] as [number, number][]) {
    const teacher = draw<tf.Rank.R2>(shape, 'teacher');
    for (const student of [tf.zeros<tf.Rank.R2>(shape), draw<tf.Rank.R2>(shape, 'student')]) {
      const gradient = tf.grad((x) => tf.mean(relationDistance(x as tf.Tensor2D, teacher)))(student);
      expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    }
  }
});
