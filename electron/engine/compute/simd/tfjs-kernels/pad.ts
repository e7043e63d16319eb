import { PadV2, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { eachRun } from './copy-box.ts';

interface Call {
  inputs: { x: TensorInfo };
  attrs: { paddings: [number, number][]; constantValue: number };
  backend: SimdBackend;
}

/** Copies runs of neighbours, where tfjs's own computes the place of each number. */
export const padKernel: SimdKernel = {
  kernelName: PadV2,
  run({ inputs: { x }, attrs: { paddings, constantValue }, backend }: Call) {
    if (x.shape.length === 0) return undefined;
    const shape = x.shape.map((extent, i) => extent + paddings[i]![0] + paddings[i]![1]);
    const y = backend.makeOutput32(shape);
    const from = backend.data.get(x.dataId).values as Float32Array; // Kernels of ours are given float32 only.
    const to = backend.data.get(y.dataId).values as Float32Array;
    to.fill(constantValue);
    eachRun({ shape, begin: paddings.map(([before]) => before), size: x.shape }, (outer, inner, length) => {
      to.set(from.subarray(inner, inner + length), outer);
    });
    return y;
  },
};
