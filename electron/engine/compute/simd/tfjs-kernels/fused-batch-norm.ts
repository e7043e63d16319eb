import { FusedBatchNorm, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface Call {
  inputs: { x: TensorInfo; mean: TensorInfo; variance: TensorInfo; offset?: TensorInfo; scale?: TensorInfo };
  attrs: { varianceEpsilon?: number };
  backend: SimdBackend;
}

/** tfjs's batch normalization with given statistics, where all of them are per channel. */
export const fusedBatchNormKernel: SimdKernel = {
  kernelName: FusedBatchNorm,
  run({ inputs: { x, mean, variance, offset, scale }, attrs, backend }: Call) {
    const channels = x.shape.at(-1) ?? 1;
    if (!offset || !scale) return undefined;
    for (const { shape } of [mean, variance, offset, scale]) {
      if (shape.length !== 1 || shape[0] !== channels) return undefined;
    }
    const y = backend.makeOutput32(x.shape);
    backend.kernels.batchNormInference({
      x: backend.offsetOf(x),
      y: backend.offsetOf(y),
      gamma: backend.offsetOf(scale),
      beta: backend.offsetOf(offset),
      mean: backend.offsetOf(mean),
      variance: backend.offsetOf(variance),
      rows: util.sizeFromShape(x.shape) / channels,
      channels,
      epsilon: attrs.varianceEpsilon ?? 0.001,
    });
    return y;
  },
};
