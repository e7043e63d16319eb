import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.ts';
import { type ConvolutionOptions, finishComposed } from './conv2d.ts';
import { FUSED, hasKernel, isRecording } from './kernel-choice.ts';

/**
 * Depthwise convolution (one window for each channel) with optional bias and activation in one pass; differentiable in
 * all its tensors.
 *
 * `x` `[batch, height, width, channels]`, `filter` `[kernelHeight, kernelWidth, channels, 1]`, result
 * `[batch, outHeight, outWidth, channels]` sized as by `conv2d`. The caller disposes the result.
 */
export function depthwiseConv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride = 1, padding = 0, bias, activation = 'none' }: ConvolutionOptions = {},
): tf.Tensor4D {
  if (hasKernel(FUSED.depthwiseConv2d)) {
    if (activation === 'hard-swish' && isRecording()) {
      // Its gradient needs its argument, which the fused kernel does not keep.
      return tf.tidy(() => activate(depthwiseConv2d(x, filter, { stride, padding, bias }), activation));
    }
    const inputs: tf.NamedTensorMap = bias ? { x, filter, bias } : { x, filter };
    return tf.engine().runKernel<tf.Tensor4D>(FUSED.depthwiseConv2d, inputs, { stride, padding, activation });
  }
  return finishComposed(() => tf.depthwiseConv2d(x, filter, stride, padding), bias, activation);
}
