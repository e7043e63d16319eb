import * as tf from '@tensorflow/tfjs-core';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { checkShape } from './check-shape.ts';
import { gradientFromOutput } from './ours-activation-gradient.ts';
import { type WindowAttributes, type WindowInputs, windowShape } from './ours-window.ts';

interface Call {
  inputs: WindowInputs;
  attrs: WindowAttributes;
  backend: SimdBackend;
}

export const oursConv2dKernel: SimdKernel = {
  kernelName: FUSED.conv2d,
  run({ inputs: { x, filter, bias }, attrs, backend }: Call) {
    const [inChannels, outChannels] = [filter.shape[2]!, filter.shape[3]!];
    tf.util.assert(x.shape[3] === inChannels, () => `conv2d: x [${x.shape}] does not fit filter [${filter.shape}]`);
    if (bias) checkShape('conv2d', 'bias', bias, [outChannels]);
    const shape = { ...windowShape(x.shape, filter.shape, attrs), inChannels, outChannels };
    const y = backend.makeOutput32([shape.batch, shape.outHeight, shape.outWidth, outChannels]);
    backend.kernels.conv2d(shape, {
      x: backend.offsetOf(x),
      filter: backend.offsetOf(filter),
      y: backend.offsetOf(y),
      bias: bias && backend.offsetOf(bias),
      activation: attrs.activation,
    });
    return y;
  },
};

export const oursConv2dGradient: tf.GradConfig = {
  kernelName: FUSED.conv2d,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attributes) =>
    windowGradients(dy, saved, attributes, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter),
};

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
