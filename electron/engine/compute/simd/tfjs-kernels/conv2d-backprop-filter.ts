import { Conv2DBackpropFilter, type TensorInfo, util } from '@tensorflow/tfjs-core';
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
  halved: ['x', 'dy'],
  run({ inputs: { x, dy }, attrs, backend }: Call) {
    const shape = convolutionShape(x.shape, attrs.filterShape, attrs);
    // tfjs also takes a dy of another size than the window gives, and reads a part of it.
    if (shape === undefined || !util.arraysEqual(dy.shape, shape.outShape)) return undefined;
    const dFilter = backend.makeOutput32(attrs.filterShape);
    backend.kernels.conv2dBackpropFilter(shape, {
      x: backend.offsetOf(x),
      dy: backend.offsetOf(dy),
      dFilter: backend.offsetOf(dFilter),
    });
    return dFilter;
  },
};
