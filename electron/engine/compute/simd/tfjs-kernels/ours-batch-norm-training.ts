import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD, FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

type Attributes = { epsilon: number; activation: Activation };

interface Call {
  inputs: { x: tf.TensorInfo; gamma: tf.TensorInfo; beta: tf.TensorInfo };
  attrs: Attributes;
  backend: SimdBackend;
}

interface BackwardCall {
  inputs: Call['inputs'] & { dy: tf.TensorInfo; mean: tf.TensorInfo; variance: tf.TensorInfo };
  /** With `overwrite`, dx is written where dy stood, so that no other memory has to be fetched and written back. */
  attrs: Attributes & { overwrite?: boolean };
  backend: SimdBackend;
}

export const oursBatchNormTrainingKernel: SimdKernel = {
  kernelName: FUSED.batchNormTraining,
  run({ inputs: { x, gamma, beta }, attrs: { epsilon, activation }, backend }: Call) {
    const channels = gamma.shape[0]!;
    checkShape('batchNorm', 'x', x, [...x.shape.slice(0, -1), channels]);
    checkShape('batchNorm', 'beta', beta, [channels]);
    const y = backend.makeOutput32(x.shape);
    const mean = backend.makeOutput32([channels]);
    const variance = backend.makeOutput32([channels]);
    backend.kernels.batchNormTraining({
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
    return [y, mean, variance];
  },
};

export const oursBatchNormTrainingGradientKernel: SimdKernel = {
  kernelName: BACKWARD.batchNormTraining,
  run({ inputs: { x, gamma, beta, dy, mean, variance }, attrs, backend }: BackwardCall) {
    const { epsilon, activation, overwrite = false } = attrs;
    const channels = gamma.shape[0]!;
    checkShape('batchNorm gradient', 'dy', dy, x.shape);
    const dx = overwrite ? backend.share(dy, x.shape) : backend.makeOutput32(x.shape);
    const dGamma = backend.makeOutput32([channels]);
    const dBeta = backend.makeOutput32([channels]);
    backend.kernels.batchNormBackward({
      x: backend.offsetOf(x),
      dy: backend.offsetOf(dy),
      dx: backend.offsetOf(dx),
      gamma: backend.offsetOf(gamma),
      beta: backend.offsetOf(beta),
      mean: backend.offsetOf(mean),
      variance: backend.offsetOf(variance),
      dGamma: backend.offsetOf(dGamma),
      dBeta: backend.offsetOf(dBeta),
      rows: tf.util.sizeFromShape(x.shape) / channels,
      channels,
      epsilon,
      activation,
    });
    return [dx, dGamma, dBeta];
  },
};
