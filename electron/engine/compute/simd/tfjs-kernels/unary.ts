import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import type { UnaryOperation } from '../kernel-types.ts';

interface Call {
  inputs: { x: TensorInfo };
  attrs: NamedAttrMap;
  backend: SimdBackend;
}

/** An elementwise tfjs kernel of one tensor. */
export function unaryKernel(kernelName: string, operation: UnaryOperation): SimdKernel {
  return {
    kernelName,
    run({ inputs: { x }, backend }: Call) {
      const y = backend.makeOutput32(x.shape);
      backend.kernels.unary(operation, backend.offsetOf(x), backend.offsetOf(y), util.sizeFromShape(x.shape));
      return y;
    },
  };
}

/** tfjs's kernel of an activation that is one of ours. */
export function activationKernel(kernelName: string, activation: Activation): SimdKernel {
  return {
    kernelName,
    run({ inputs: { x }, backend }: Call) {
      const y = backend.makeOutput32(x.shape);
      backend.kernels.activation(backend.offsetOf(x), backend.offsetOf(y), util.sizeFromShape(x.shape), activation);
      return y;
    },
  };
}
