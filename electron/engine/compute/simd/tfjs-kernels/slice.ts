import { Slice, slice_util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { eachRun } from './copy-box.ts';

interface Call {
  inputs: { x: TensorInfo };
  attrs: { begin: number | number[]; size: number | number[] };
  backend: SimdBackend;
}

/** Copies runs of neighbours, where tfjs's own computes the place of each number. */
export const sliceKernel: SimdKernel = {
  kernelName: Slice,
  run({ inputs: { x }, attrs, backend }: Call) {
    if (x.shape.length === 0) return undefined;
    // Typed more loosely than what they are: both lists, of which no other part of the tensor is asked for.
    const [begin, size] = slice_util.parseSliceParams(x as Tensor, attrs.begin, attrs.size) as [number[], number[]];
    slice_util.assertParamsValid(x, begin, size);
    if (size.includes(0)) return undefined;
    const y = backend.makeOutput32(size);
    const from = backend.data.get(x.dataId).values as Float32Array; // Kernels of ours are given float32 only.
    const to = backend.data.get(y.dataId).values as Float32Array;
    eachRun({ shape: x.shape, begin, size }, (outer, inner, length) => {
      to.set(from.subarray(outer, outer + length), inner);
    });
    return y;
  },
};
