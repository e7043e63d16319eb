import * as tf from '@tensorflow/tfjs-core';
import { type Affine, rangeOf } from './affine.ts';

/**
 * What is left of numbers when 8-bit integers stand for them. The gradient is that of the numbers themselves, and nothing
 * beyond the range that the integers cover (the straight-through estimator, Bengio et al. 2013). The caller disposes it.
 */
export function roundValue(value: tf.Tensor, affine: Affine): tf.Tensor {
  const { scale, zeroPoint } = affine;
  const [low, high] = rangeOf(affine);
  return passThrough(
    value,
    (x) => tf.mul(tf.clipByValue(tf.round(tf.div(x, scale)), -128 - zeroPoint, 127 - zeroPoint), scale),
    // The outermost integers stand for all that rounds to them.
    (dy, x) => {
      const inside = tf.logicalAnd(tf.greaterEqual(x, low - scale / 2), tf.lessEqual(x, high + scale / 2));
      return tf.mul(dy, tf.cast(inside, 'float32'));
    },
  );
}

/**
 * What is left of weights when they are rounded symmetrically, each output channel by its largest (Krishnamoorthi 2018); the
 * gradient is that of the weights themselves. The caller disposes it.
 *
 * @param channels output channels, which run fastest in every layout that we have; 1: one scale for all
 */
export function roundWeights(weight: tf.Tensor, channels: number): tf.Tensor {
  return passThrough(
    weight,
    (x) => {
      const rows = tf.reshape(x, [-1, channels]);
      const peaks = tf.max(tf.abs(rows), 0, true);
      // A channel of zeros has any scale.
      const scales = tf.where(tf.greater(peaks, 0), tf.div(peaks, 127), tf.onesLike(peaks));
      return tf.reshape(tf.mul(tf.round(tf.div(rows, scales)), scales), x.shape);
    },
    (dy) => tf.clone(dy),
  );
}

/** A function whose gradient is stated. `compute` runs untaped, and what it makes besides is disposed. */
function passThrough(
  value: tf.Tensor,
  compute: (x: tf.Tensor) => tf.Tensor,
  gradient: (dy: tf.Tensor, x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return tf.customGrad((...inputs) => {
    const save = inputs[1] as tf.GradSaveFunc; // tfjs appends its save function to the tensors that it is called with.
    save([value]);
    return {
      value: tf.tidy(() => compute(value)),
      gradFunc: (dy, saved) => tf.tidy(() => gradient(dy as tf.Tensor, saved[0]!)), // There is one output.
    };
  })(value);
}
