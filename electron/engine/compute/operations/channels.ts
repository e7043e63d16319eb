import * as tf from '@tensorflow/tfjs-core';
import { FUSED, hasKernel } from './kernel-choice.ts';

/**
 * Mean over height and width: `[batch, height, width, channels]` to `[batch, 1, 1, channels]`; differentiable. The
 * caller disposes the result.
 */
export function globalAveragePool(x: tf.Tensor4D): tf.Tensor4D {
  if (hasKernel(FUSED.globalAveragePool)) return tf.engine().runKernel<tf.Tensor4D>(FUSED.globalAveragePool, { x });
  return tf.mean<tf.Tensor4D>(x, [1, 2], true);
}

/**
 * Multiplies every channel of every image by its gate, the last step of squeeze-excitation (Hu et al. 2018);
 * differentiable in both. `x` `[batch, height, width, channels]`, `gate` `[batch, 1, 1, channels]`. The caller disposes
 * the result.
 */
export function scaleChannels(x: tf.Tensor4D, gate: tf.Tensor4D): tf.Tensor4D {
  if (hasKernel(FUSED.scaleChannels)) return tf.engine().runKernel<tf.Tensor4D>(FUSED.scaleChannels, { x, gate });
  return tf.mul<tf.Tensor4D>(x, gate);
}
