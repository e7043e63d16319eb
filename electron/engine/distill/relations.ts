import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from './known-gradient.ts';

/** Keeps lengths and their gradients finite where a row is all zero. */
const EPSILON = 1e-12;

/** Rows `[rows, length]`, each divided by its L2 norm. The caller disposes the result. */
export function normalizeRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.mul<tf.Tensor2D>(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 1, true), EPSILON))));
}

/** Products of all pairs of rows of `[rows, length]`, `[rows, rows]`. The caller disposes the result. */
export function multiplyRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul<tf.Tensor2D>(x, x, false, true);
}

/** 1 for each pair of two different images, 0 for an image with itself: `[batch, batch]`. The caller disposes the result. */
export function maskOfOthers(batch: number): tf.Tensor2D {
  return tf.tidy(() => tf.sub<tf.Tensor2D>(1, tf.eye(batch)));
}

/**
 * Half the square of each number up to 1, from there on a line (Huber 1964): an outlier pulls no harder than 1. The caller
 * disposes the result.
 */
export function huber<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => {
    const values = withKnownGradient(tf.reshape(x, [x.size]), (flat) => {
      const size = tf.abs(flat);
      const curved = tf.minimum(size, 1);
      return {
        value: tf.mul<tf.Tensor1D>(curved, tf.sub(size, tf.mul(curved, 0.5))),
        gradient: tf.maximum(tf.minimum(flat, 1), -1),
      };
    });
    return tf.reshape(values, x.shape) as T; // The same shape again.
  });
}
