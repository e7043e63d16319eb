import { DepthwiseConv2dNative, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type ConvolutionAttributes, depthwiseShape } from './geometry.ts';

interface Call {
  inputs: { x: TensorInfo; filter: TensorInfo };
  attrs: ConvolutionAttributes;
  backend: SimdBackend;
}

export const depthwiseConv2dKernel: SimdKernel = {
  kernelName: DepthwiseConv2dNative,
  run({ inputs: { x, filter }, attrs, backend }: Call) {
    const shape = depthwiseShape(x.shape, filter.shape, attrs);
    if (shape === undefined) return undefined;
    const y = backend.makeOutput32(shape.outShape);
    backend.kernels.depthwise(shape, {
      x: backend.offsetOf(x),
      filter: backend.offsetOf(filter),
      y: backend.offsetOf(y),
    });
    return y;
  },
};
