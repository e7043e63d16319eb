import { AddN, type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface Call {
  /** tfjs passes a list, which is a map from '0', '1', …. */
  inputs: Record<string, TensorInfo>;
  attrs: NamedAttrMap;
  backend: SimdBackend;
}

export const addNKernel: SimdKernel = {
  kernelName: AddN,
  run({ inputs, backend }: Call) {
    const tensors = Object.values(inputs);
    const [first] = tensors;
    if (first === undefined) return undefined;
    for (const tensor of tensors) checkShape('addN', 'a tensor', tensor, first.shape);
    const y = backend.makeOutput32(first.shape);
    const offsets = tensors.map((input) => backend.offsetOf(input));
    backend.kernels.addN(offsets, backend.offsetOf(y), util.sizeFromShape(first.shape));
    return y;
  },
};
