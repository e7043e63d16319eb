import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { gradientFromOutput } from './activation-gradient.ts';

/** Attributes of our own convolution kernels. */
export type WindowAttributes = { stride: number; padding: number; activation: Activation };

/** Gradients of a convolution of ours by tfjs's kernels for the linear part. */
export function windowGradients(
  dy: tf.Tensor | tf.Tensor[],
  saved: tf.Tensor[],
  attributes: tf.NamedAttrMap,
  inputKernel: string,
  filterKernel: string,
): ReturnType<tf.GradFunc> {
  const [x, filter, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  // The attributes are those that the operation passed in.
  const { stride, padding, activation } = attributes as WindowAttributes;
  const dz = gradientFromOutput(y, dy as tf.Tensor, activation);
  const common = { strides: [stride, stride], pad: padding, dataFormat: 'NHWC', dilations: [1, 1] };
  const engine = tf.engine();
  return {
    x: () => engine.runKernel<tf.Tensor>(inputKernel, { dy: dz, filter }, { ...common, inputShape: x.shape }),
    filter: () => engine.runKernel<tf.Tensor>(filterKernel, { x, dy: dz }, { ...common, filterShape: filter.shape }),
    bias: () => tf.sum(dz, [0, 1, 2]),
  };
}
