import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

type Attributes = { epsilon: number; activation: Activation };
type Name = 'x' | 'gamma' | 'beta' | 'mean' | 'variance';

interface Call {
  inputs: Record<Name, tf.TensorInfo>;
  attrs: Attributes;
  backend: SimdBackend;
}

export const oursBatchNormInferenceKernel: SimdKernel = {
  kernelName: FUSED.batchNormInference,
  run({ inputs: { x, gamma, beta, mean, variance }, attrs: { epsilon, activation }, backend }: Call) {
    const channels = gamma.shape[0]!;
    checkShape('batchNorm', 'x', x, [...x.shape.slice(0, -1), channels]);
    for (const [name, tensor] of Object.entries({ beta, mean, variance })) {
      checkShape('batchNorm', name, tensor, [channels]);
    }
    const y = backend.makeOutput32(x.shape);
    backend.kernels.batchNormInference({
      x: backend.offsetOf(x),
      y: backend.offsetOf(y),
      gamma: backend.offsetOf(gamma),
      beta: backend.offsetOf(beta),
      mean: backend.offsetOf(mean),
      variance: backend.offsetOf(variance),
      rows: tf.util.sizeFromShape(x.shape) / channels,
      channels,
      epsilon,
      activation,
    });
    return y;
  },
};
