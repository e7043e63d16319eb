import { Conv2DBackpropFilter, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type ConvolutionAttributes, convolutionShape } from './geometry.ts';

interface Call {
  inputs: { x: TensorInfo; dy: TensorInfo };
  attrs: ConvolutionAttributes & { filterShape: number[] };
  backend: SimdBackend;
}

export const conv2dBackpropFilterKernel: SimdKernel = {
  kernelName: Conv2DBackpropFilter,
  run({ inputs: { x, dy }, attrs, backend }: Call) {
    const shape = convolutionShape(x.shape, attrs.filterShape, attrs);
    if (shape === undefined) return undefined;
    const dFilter = backend.makeOutput32(attrs.filterShape);
    backend.kernels.conv2dBackpropFilter(shape, {
      x: backend.offsetOf(x),
      dy: backend.offsetOf(dy),
      dFilter: backend.offsetOf(dFilter),
    });
    return dFilter;
  },
};
