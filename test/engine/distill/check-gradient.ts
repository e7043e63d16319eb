import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';

/** Standard normal numbers of a shape, the same for the same key. The caller disposes them. */
export function draw<R extends tf.Rank>(shape: number[], key: string): tf.Tensor<R> {
  const random = new Random(key);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
  return tf.tensor<R>(values, shape as tf.ShapeMap[R]);
}

/** Compares the gradient of a scalar function with central differences at every number of `x`. */
export function expectGradient<T extends tf.Tensor>(
  f: (x: T) => tf.Scalar,
  x: T,
  { step = 1e-2, tolerance = 2e-3 }: { step?: number; tolerance?: number } = {},
): void {
  const gradient = tf.tidy(() =>
    tf
      .grad((value) => f(value as T))(x)
      .dataSync(),
  ) as Float32Array;
  const values = x.dataSync<'float32'>();
  const at = (i: number, change: number) =>
    tf.tidy(() => {
      const moved = Float32Array.from(values);
      moved[i]! += change;
      return f(tf.tensor(moved, x.shape) as T).dataSync()[0]!;
    });
  const scale = gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expect(scale).toBeGreaterThan(0);
  for (let i = 0; i < values.length; i++) {
    const difference = (at(i, step) - at(i, -step)) / (2 * step);
    expect(Math.abs(gradient[i]! - difference), `number ${i}: ${gradient[i]} and ${difference}`).toBeLessThan(
      tolerance * Math.max(scale, 0.05),
    );
  }
}
