import * as tf from '@tensorflow/tfjs-core';
import { finishComposed } from './conv2d.ts';
import { FUSED, hasKernel } from './kernel-choice.ts';

/**
 * `x · weight + bias`; differentiable in all three. `x` `[batch, in]`, `weight` `[in, out]`, `bias` `[out]`, result
 * `[batch, out]`. The caller disposes the result.
 */
export function dense(x: tf.Tensor2D, weight: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  if (hasKernel(FUSED.dense)) {
    const inputs: tf.NamedTensorMap = bias ? { x, weight, bias } : { x, weight };
    return tf.engine().runKernel<tf.Tensor2D>(FUSED.dense, inputs);
  }
  return finishComposed(() => tf.matMul<tf.Tensor2D>(x, weight), bias, 'none');
}
