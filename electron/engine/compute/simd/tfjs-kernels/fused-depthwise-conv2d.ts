import { FusedDepthwiseConv2D, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { fusedActivation } from './fused-activation.ts';
import { type ConvolutionAttributes, depthwiseShape } from './geometry.ts';

interface Call {
  inputs: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo };
  attrs: ConvolutionAttributes & { activation?: string };
  backend: SimdBackend;
}

export const fusedDepthwiseConv2dKernel: SimdKernel = {
  kernelName: FusedDepthwiseConv2D,
  run({ inputs: { x, filter, bias }, attrs, backend }: Call) {
    const shape = depthwiseShape(x.shape, filter.shape, attrs);
    const activation = fusedActivation(attrs.activation);
    if (shape === undefined || activation === undefined) return undefined;
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== shape.channels)) return undefined;
    const y = backend.makeOutput32(shape.outShape);
    backend.kernels.depthwise(shape, {
      x: backend.offsetOf(x),
      filter: backend.offsetOf(filter),
      y: backend.offsetOf(y),
      bias: bias && backend.offsetOf(bias),
      activation,
    });
    return y;
  },
};
