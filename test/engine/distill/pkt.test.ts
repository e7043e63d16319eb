import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { compareNeighbourhoods } from '../../../electron/engine/distill/methods/pkt.ts';
import { draw } from './check-gradient.ts';
import { expectValues, turn } from './expect-values.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('neighbourhoods have the divergence worked out by hand', () => {
  const teacher = tf.tensor2d([
    [1, 0],
    [0, 1],
    [-1, 0],
  ]);
  // The first image is near the second alone, the second near both; to the student all are equally near.
  expectValues(compareNeighbourhoods(tf.ones([3, 4]), teacher), [Math.log(2), 0, Math.log(2)]);
});

test('neighbourhoods are the same after a turn and a change of scale', () => {
  const points = draw<tf.Rank.R2>([4, 3], 'points');
  expectValues(compareNeighbourhoods(turn(points), points), [0, 0, 0, 0]);
});
