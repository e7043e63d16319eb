import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { huber } from '../../../electron/engine/distill/relations.ts';
import { expectValues } from './expect-values.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('the Huber loss is a parabola up to 1, and a line from there', () => {
  const x = tf.tensor2d([[0.5, -3, 1, 0]]);
  expectValues(huber(x), [0.125, 2.5, 0.5, 0]);
  expectValues(tf.grad((y) => huber(y))(x), [0.5, -1, 1, 0]);
});
