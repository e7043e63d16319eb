import * as tf from '@tensorflow/tfjs-core';
import { fakeQuantize } from '../compute/index.ts';
import type { Affine } from './affine.ts';

/** What is left of numbers when 8-bit integers stand for them; differentiable (`fakeQuantize`). The caller disposes it. */
export function roundValue(value: tf.Tensor, { scale, zeroPoint }: Affine): tf.Tensor {
  return fakeQuantize(value, { scale, lowest: -128 - zeroPoint, highest: 127 - zeroPoint });
}

/**
 * What is left of weights when they are rounded symmetrically, each output channel by its largest (Krishnamoorthi 2018); the
 * gradient is that of the weights themselves. The caller disposes it.
 *
 * @param channels output channels, which run fastest in every layout that we have; 1: one scale for all
 */
export function roundWeights(weight: tf.Tensor, channels: number): tf.Tensor {
  return tf.customGrad((...inputs) => {
    const save = inputs[1] as tf.GradSaveFunc; // tfjs appends its save function to the tensors that it is called with.
    save([]);
    return {
      value: tf.tidy(() => {
        const rows = tf.reshape(weight, [-1, channels]);
        const peaks = tf.max(tf.abs(rows), 0, true);
        // A channel of zeros has any scale.
        const scales = tf.where(tf.greater(peaks, 0), tf.div(peaks, 127), tf.onesLike(peaks));
        // No weight is beyond the outermost integers.
        const integers = fakeQuantize(tf.div(rows, scales), { scale: 1, lowest: -127, highest: 127 });
        return tf.reshape(tf.mul(integers, scales), weight.shape);
      }),
      gradFunc: (dy) => tf.clone(dy as tf.Tensor), // There is one output.
    };
  })(weight);
}
