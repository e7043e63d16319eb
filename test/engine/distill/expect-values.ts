import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** Compares the numbers of a tensor with those worked out by hand. */
export function expectValues(tensor: tf.Tensor, values: readonly number[], digits = 5): void {
  const found = tensor.dataSync<'float32'>();
  expect(found.length).toBe(values.length);
  for (const [i, value] of values.entries()) expect(found[i], `number ${i}`).toBeCloseTo(value, digits);
}

/** Points `[points, 3]`, turned and enlarged: every relation between them is what it was. The caller disposes them. */
export function turn(points: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.matMul<tf.Tensor2D>(points, tf.tensor2d([0, 3, 0, 0, 0, -3, 3, 0, 0], [3, 3])));
}
