import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { compareRelations } from '../../../electron/engine/distill/methods/rkd.ts';
import { draw } from './check-gradient.ts';
import { expectValues, turn } from './expect-values.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('distances and angles of a triangle beside a line have the values worked out by hand', () => {
  const line = tf.tensor2d([[0], [1], [2]]);
  const triangle = tf.tensor2d([
    [0, 0],
    [1, 0],
    [0.5, Math.sqrt(0.75)],
  ]);
  // Distances in units of their mean: 1 in the triangle; 3/4, 3/4 and 3/2 on the line.
  const outer = (0.25 ** 2 / 2 + 0.5 ** 2 / 2) / 3;
  expectValues(compareRelations(triangle, line, { distance: 1, angle: 0 }), [outer, 0.25 ** 2 / 3, outer]);
  // Cosines: 1/2 in the triangle; 1, -1 and 1 on the line. Each angle counts twice, of nine.
  const sharp = (2 * (0.5 ** 2 / 2)) / 9;
  expectValues(compareRelations(triangle, line, { distance: 0, angle: 1 }), [sharp, (2 * (1.5 - 0.5)) / 9, sharp]);
});

test('distances and angles are the same after a turn and a change of scale', () => {
  const points = draw<tf.Rank.R2>([4, 3], 'points');
  expectValues(compareRelations(turn(points), points, { distance: 1, angle: 2 }), [0, 0, 0, 0]);
});

test('distances and angles have a finite gradient where two images are the same to a network, or all are', () => {
  const teacher = draw<tf.Rank.R2>([3, 2], 'teacher');
  for (const rows of [
    [1, 2, 1, 2, 0, 5],
    [1, 2, 1, 2, 1, 2],
  ]) {
    const student = tf.tensor2d(rows, [3, 2]);
    const gradient = tf.grad((x) => compareRelations(x as tf.Tensor2D, teacher, { distance: 1, angle: 2 }))(student);
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  }
});
