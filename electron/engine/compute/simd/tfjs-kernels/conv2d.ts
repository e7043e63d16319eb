import { Conv2D, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type ConvolutionAttributes, convolutionShape } from './geometry.ts';

interface Call {
  inputs: { x: TensorInfo; filter: TensorInfo };
  attrs: ConvolutionAttributes;
  backend: SimdBackend;
}

export const conv2dKernel: SimdKernel = {
  kernelName: Conv2D,
  halved: ['x', 'filter'],
  run({ inputs: { x, filter }, attrs, backend }: Call) {
    const shape = convolutionShape(x.shape, filter.shape, attrs);
    if (shape === undefined) return undefined;
    const y = backend.makeOutput32(shape.outShape);
    backend.kernels.conv2d(shape, {
      x: backend.offsetOf(x),
      filter: backend.offsetOf(filter),
      y: backend.offsetOf(y),
    });
    return y;
  },
};
