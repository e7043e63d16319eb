import { DepthwiseConv2dNativeBackpropInput, type TensorInfo, util } from '@tensorflow/tfjs-core';
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
    // tfjs also takes a dy of another size than the window gives, and reads a part of it.
    if (shape === undefined || !util.arraysEqual(dy.shape, shape.outShape)) return undefined;
    const dx = backend.makeOutput32(attrs.inputShape);
    backend.kernels.depthwiseBackpropInput(shape, {
      dy: backend.offsetOf(dy),
      filter: backend.offsetOf(filter),
      dx: backend.offsetOf(dx),
    });
    return dx;
  },
};
