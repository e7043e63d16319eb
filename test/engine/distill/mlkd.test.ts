import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { multiLevelDivergence, softenedDivergence } from '../../../electron/engine/distill/index.ts';
import { draw, expectGradient } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('adds what one image and two classes have to be: squares of probabilities, and their products', () => {
  const [student, teacher] = [tf.tensor2d([[1.5, -0.5]]), tf.tensor2d([[-1, 2]])];
  const expected = [2, 3, 4, 5, 6].reduce((sum, temperature) => {
    const p = 1 / (1 + Math.exp(-2 / temperature));
    const q = 1 / (1 + Math.exp(3 / temperature));
    const square = (x: number) => x ** 2 + (1 - x) ** 2;
    const images = (square(p) - square(q)) ** 2;
    const classes = (p ** 2 - q ** 2) ** 2 + ((1 - p) ** 2 - (1 - q) ** 2) ** 2 + 2 * (p * (1 - p) - q * (1 - q)) ** 2;
    return sum + softenedDivergence(student, teacher, { temperature }).dataSync()[0]! + images + classes / 2;
  }, 0);
  expect(multiLevelDivergence(student, teacher).dataSync()[0]).toBeCloseTo(expected, 4);
});

test('is 0 for equal logits', () => {
  const logits = draw<tf.Rank.R2>([3, 4], 'same');
  for (const value of multiLevelDivergence(logits, logits).dataSync()) expect(value).toBeCloseTo(0, 5);
});

test('has the gradient of central differences', () => {
  const teacher = draw<tf.Rank.R2>([3, 4], 'teacher');
  expectGradient(
    (x: tf.Tensor2D) => tf.mean<tf.Scalar>(multiLevelDivergence(x, teacher)),
    draw<tf.Rank.R2>([3, 4], 'student'),
  );
});
