import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../activation.ts';
import { activate, activateComposed } from './activate.ts';
import { FUSED, hasKernel, isRecording } from './kernel-choice.ts';

export interface ConvolutionOptions {
  /** Step of the window, pixels, in both directions. */
  readonly stride?: number;
  /** Zeros added on every side, pixels. */
  readonly padding?: number;
  /** `[outChannels]`, added before the activation. */
  readonly bias?: tf.Tensor1D | undefined;
  readonly activation?: Activation;
}

/**
 * Convolution (cross-correlation) with optional bias and activation in one pass; differentiable in all its tensors.
 *
 * `x` `[batch, height, width, in]`, `filter` `[kernelHeight, kernelWidth, in, out]`, result
 * `[batch, floor((height + 2 padding - kernelHeight) / stride) + 1, …, out]`. The caller disposes the result.
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride = 1, padding = 0, bias, activation = 'none' }: ConvolutionOptions = {},
): tf.Tensor4D {
  if (hasKernel(FUSED.conv2d)) {
    if (activation === 'hard-swish' && isRecording()) {
      // Its gradient needs its argument, which the fused kernel does not keep.
      return tf.tidy(() => activate(conv2d(x, filter, { stride, padding, bias }), activation));
    }
    const inputs: tf.NamedTensorMap = bias ? { x, filter, bias } : { x, filter };
    return tf.engine().runKernel<tf.Tensor4D>(FUSED.conv2d, inputs, { stride, padding, activation });
  }
  return finishComposed(() => tf.conv2d(x, filter, stride, padding), bias, activation);
}

/** Bias and activation after a linear operation, out of plain tfjs operations. */
export function finishComposed<T extends tf.Tensor>(
  linear: () => T,
  bias: tf.Tensor1D | undefined,
  activation: Activation,
): T {
  return tf.tidy(() => {
    const z = bias ? tf.add<T>(linear(), bias) : linear();
    return activation === 'none' ? z : activateComposed(z, activation);
  });
}
