import { DepthwiseConv2dNativeBackpropFilter, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type ConvolutionAttributes, depthwiseShape } from './geometry.ts';

interface Call {
  inputs: { x: TensorInfo; dy: TensorInfo };
  attrs: ConvolutionAttributes & { filterShape: number[] };
  backend: SimdBackend;
}

export const depthwiseConv2dBackpropFilterKernel: SimdKernel = {
  kernelName: DepthwiseConv2dNativeBackpropFilter,
  run({ inputs: { x, dy }, attrs, backend }: Call) {
    const shape = depthwiseShape(x.shape, attrs.filterShape, attrs);
    if (shape === undefined) return undefined;
    const dFilter = backend.makeOutput32(attrs.filterShape);
    backend.kernels.depthwiseBackpropFilter(shape, {
      x: backend.offsetOf(x),
      dy: backend.offsetOf(dy),
      dFilter: backend.offsetOf(dFilter),
    });
    return dFilter;
  },
};
