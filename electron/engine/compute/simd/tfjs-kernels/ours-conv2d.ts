import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type WindowAttributes, type WindowInputs, windowShape } from './ours-window.ts';

interface Call {
  inputs: WindowInputs;
  attrs: WindowAttributes;
  backend: SimdBackend;
}

export const oursConv2dKernel: SimdKernel = {
  kernelName: FUSED.conv2d,
  halved: ['x', 'filter'],
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
