import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { decoupledDivergence, softenedDivergence } from '../../../electron/engine/distill/index.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const logOf = (probabilities: number[]) => tf.log(tf.tensor2d([probabilities])) as tf.Tensor2D; // Of one image.

test('has the values worked out by hand', () => {
  // The right class is the second: 1/2 and 1/4 are right, the others are [1, 3] / 4 and [1, 1] / 2 among each other.
  const teacher = logOf([1 / 8, 1 / 2, 3 / 8]);
  const student = logOf([3 / 8, 1 / 4, 3 / 8]);
  const targets = tf.tensor2d([[0.1, 0.7, 0.2]]);
  const parts = (alpha: number, beta: number) =>
    decoupledDivergence(student, teacher, { targets, alpha, beta, temperature: 1 }).dataSync()[0]!;
  const right = 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3);
  const others = 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5);
  expect(parts(1, 0)).toBeCloseTo(right, 6);
  expect(parts(0, 1)).toBeCloseTo(others, 6);
  expect(parts(2, 8)).toBeCloseTo(2 * right + 8 * others, 5);
});

test('is the softened divergence where the others weigh what the teacher gives them (equation 6 of the paper)', () => {
  const [student, teacher] = [draw<tf.Rank.R2>([1, 5], 'student'), draw<tf.Rank.R2>([1, 5], 'teacher')];
  const targets = tf.tensor2d([[0, 0, 0, 1, 0]]);
  const temperature = 3;
  const beta = 1 - tf.softmax(tf.div(teacher, temperature)).dataSync()[3]!;
  const [decoupled] = decoupledDivergence(student, teacher, { targets, alpha: 1, beta, temperature }).dataSync();
  expect(decoupled).toBeCloseTo(softenedDivergence(student, teacher, { temperature }).dataSync()[0]!, 5);
});

test('has the gradient of central differences', () => {
  const teacher = draw<tf.Rank.R2>([3, 4], 'teacher');
  const targets = tf.tensor2d([1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0], [3, 4]);
  expectGradient(
    (x: tf.Tensor2D) => tf.mean<tf.Scalar>(decoupledDivergence(x, teacher, { targets, temperature: 2 })),
    draw<tf.Rank.R2>([3, 4], 'student'),
  );
});

test('stays finite for large logits, and with two classes compares nothing but the right one', () => {
  const targets = tf.tensor2d([[1, 0, 0]]);
  const [x, y] = [tf.tensor2d([[-2e3, 2e3, 0]]), tf.tensor2d([[2e3, 0, -2e3]])];
  const { value, grad } = tf.valueAndGrad((s: tf.Tensor) =>
    tf.sum(decoupledDivergence(s as tf.Tensor2D, y, { targets })),
  )(x);
  expect(Number.isFinite(value.dataSync()[0])).toBe(true);
  expect(grad.dataSync().every(Number.isFinite)).toBe(true);
  const [a, b] = [draw<tf.Rank.R2>([1, 2], 'a'), draw<tf.Rank.R2>([1, 2], 'b')];
  const [two] = decoupledDivergence(a, b, { targets: tf.tensor2d([[0, 1]]), alpha: 1 }).dataSync();
  expect(two).toBeCloseTo(softenedDivergence(a, b).dataSync()[0]!, 5);
});
