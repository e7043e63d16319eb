import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { featureLoss } from '../../../electron/engine/distill/index.ts';
import { matchCopies } from '../../../electron/engine/distill/methods/norm.ts';
import { draw } from './check-gradient.ts';

// Values and gradients in general are compared with PyTorch in references.test.ts.

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('many features to one are compared one by one', () => {
  const teacher = draw<tf.Rank.R4>([2, 2, 2, 3], 'teacher');
  const parts = [draw<tf.Rank.R4>([2, 2, 2, 3], 'a'), draw<tf.Rank.R4>([2, 2, 2, 3], 'b')];
  const student = tf.reshape(tf.stack(parts, 4), [2, 2, 2, 6]) as tf.Tensor4D;
  const [a, b] = parts.map((part) => featureLoss(part, teacher).dataSync());
  const both = matchCopies(student, teacher).dataSync();
  for (const i of [0, 1]) expect(both[i]).toBeCloseTo((a![i]! + b![i]!) / 2, 5);
});
