import { FusedConv2D, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { fusedActivation } from './fused-activation.ts';
import { type ConvolutionAttributes, convolutionShape } from './geometry.ts';

interface Call {
  inputs: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo };
  attrs: ConvolutionAttributes & { activation?: string };
  backend: SimdBackend;
}

export const fusedConv2dKernel: SimdKernel = {
  kernelName: FusedConv2D,
  halved: ['x', 'filter'],
  run({ inputs: { x, filter, bias }, attrs, backend }: Call) {
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    const activation = fusedActivation(attrs.activation);
    if (shape === undefined || activation === undefined) return undefined;
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== shape.outChannels)) return undefined;
    const y = backend.makeOutput32(shape.outShape);
    backend.kernels.conv2d(shape, {
      x: backend.offsetOf(x),
      filter: backend.offsetOf(filter),
      y: backend.offsetOf(y),
      bias: bias && backend.offsetOf(bias),
      activation,
    });
    return y;
  },
};
