import { DepthwiseConv2dNativeBackpropInput, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type ConvolutionAttributes, depthwiseShape } from './geometry.ts';

interface Call {
  inputs: { dy: TensorInfo; filter: TensorInfo };
  attrs: ConvolutionAttributes & { inputShape: number[] };
  backend: SimdBackend;
}

export const depthwiseConv2dBackpropInputKernel: SimdKernel = {
  kernelName: DepthwiseConv2dNativeBackpropInput,
  run({ inputs: { dy, filter }, attrs, backend }: Call) {
    const shape = depthwiseShape(attrs.inputShape, filter.shape, attrs);
    if (shape === undefined) return undefined;
    const dx = backend.makeOutput32(attrs.inputShape);
    backend.kernels.depthwiseBackpropInput(shape, {
      dy: backend.offsetOf(dy),
      filter: backend.offsetOf(filter),
      dx: backend.offsetOf(dx),
    });
    return dx;
  },
};
