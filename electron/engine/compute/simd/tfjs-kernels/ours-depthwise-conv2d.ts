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

export const oursDepthwiseConv2dKernel: SimdKernel = {
  kernelName: FUSED.depthwiseConv2d,
  run({ inputs: { x, filter, bias }, attrs, backend }: Call) {
    const channels = filter.shape[2]!;
    tf.util.assert(
      x.shape[3] === channels && filter.shape[3] === 1,
      () => `depthwiseConv2d: x [${x.shape}] does not fit filter [${filter.shape}]`,
    );
    if (bias) checkShape('depthwiseConv2d', 'bias', bias, [channels]);
    const shape = { ...windowShape(x.shape, filter.shape, attrs), channels };
    const y = backend.makeOutput32([shape.batch, shape.outHeight, shape.outWidth, channels]);
    backend.kernels.depthwise(shape, {
      x: backend.offsetOf(x),
      filter: backend.offsetOf(filter),
      y: backend.offsetOf(y),
      bias: bias && backend.offsetOf(bias),
      activation: attrs.activation,
    });
    return y;
  },
};
