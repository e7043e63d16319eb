import * as tf from '@tensorflow/tfjs-core';

/**
 * The same numbers, through which `factor` times the gradient flows: none where it is 0, the reverse where it is negative
 * (the gradient reversal layer of Ganin & Lempitsky 2015). The caller disposes the result.
 */
export function scaleGradient<T extends tf.Tensor>(x: T, factor: number): T {
  return tf.customGrad<T>((...inputs) => ({
    value: tf.clone(inputs[0] as T), // What it is called with.
    gradFunc: (dy) => tf.mul(dy, factor),
  }))(x);
}
