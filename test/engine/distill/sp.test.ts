import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { compareSimilarities } from '../../../electron/engine/distill/methods/sp.ts';
import { draw } from './check-gradient.ts';
import { expectValues } from './expect-values.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('similarities of images that differ, where the teacher sees no difference', () => {
  const apart = tf.tensor4d([1, 0, 0, 1], [2, 1, 1, 2]);
  const alike = tf.tensor4d([2, 2], [2, 1, 1, 1]);
  // Rows [1, 0] and [0, 1] beside [1, 1] / √2.
  const each = ((1 - Math.SQRT1_2) ** 2 + 0.5) / 2;
  expectValues(compareSimilarities(apart, alike), [each, each]);
});

test('similarities do not change with the size of the features', () => {
  const map = draw<tf.Rank.R4>([3, 2, 2, 3], 'map');
  expectValues(compareSimilarities(tf.mul(map, 7), map), [0, 0, 0]);
});
