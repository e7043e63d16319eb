import { type NamedAttrMap, SquaredDifference, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface Call {
  inputs: { a: TensorInfo; b: TensorInfo };
  attrs: NamedAttrMap;
  backend: SimdBackend;
}

export const squaredDifferenceKernel: SimdKernel = {
  kernelName: SquaredDifference,
  run({ inputs: { a, b }, backend }: Call) {
    if (!util.arraysEqual(a.shape, b.shape)) return undefined;
    const length = util.sizeFromShape(a.shape);
    const y = backend.makeOutput32(a.shape);
    const to = backend.offsetOf(y);
    backend.kernels.binary('subtract', backend.offsetOf(a), backend.offsetOf(b), to, length);
    backend.kernels.unary('square', to, to, length);
    return y;
  },
};
