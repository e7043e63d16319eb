import { _FusedMatMul, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { multiplyMatrices } from './batch-mat-mul.ts';
import { fusedActivation } from './fused-activation.ts';
import type { MatMulAttributes } from './matrix-shape.ts';

interface Call {
  inputs: { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
  attrs: MatMulAttributes & { activation?: string };
  backend: SimdBackend;
}

export const fusedMatMulKernel: SimdKernel = {
  kernelName: _FusedMatMul,
  halved: ['a', 'b'],
  run({ inputs: { a, b, bias }, attrs, backend }: Call) {
    const activation = fusedActivation(attrs.activation);
    if (activation === undefined) return undefined;
    return multiplyMatrices(backend, a, b, attrs, { bias, activation });
  },
};
