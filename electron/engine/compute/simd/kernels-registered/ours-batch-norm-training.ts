import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { checkShape } from './check-shape.ts';

type Attributes = { epsilon: number; activation: Activation };

interface Call {
  inputs: { x: tf.TensorInfo; gamma: tf.TensorInfo; beta: tf.TensorInfo };
  attrs: Attributes;
  backend: SimdBackend;
}

interface BackwardCall {
  inputs: Call['inputs'] & { dy: tf.TensorInfo; mean: tf.TensorInfo; variance: tf.TensorInfo };
  attrs: Attributes;
  backend: SimdBackend;
}

const BACKWARD = 'DecantBatchNormTrainingGradient';

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
  kernelName: BACKWARD,
  run({ inputs: { x, gamma, beta, dy, mean, variance }, attrs: { epsilon, activation }, backend }: BackwardCall) {
    const channels = gamma.shape[0]!;
    checkShape('batchNorm gradient', 'dy', dy, x.shape);
    const dx = backend.makeOutput32(x.shape);
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

/** Saves the input and the statistics only: the output is cheaper to compute again than to keep. */
export const oursBatchNormTrainingGradient: tf.GradConfig = {
  kernelName: FUSED.batchNormTraining,
  inputsToSave: ['x', 'gamma', 'beta'],
  outputsToSave: [false, true, true],
  gradFunc: (dy, saved, attributes) => {
    const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const upstream = Array.isArray(dy) ? dy[0]! : dy;
    const [dx, dGamma, dBeta] = tf
      .engine()
      .runKernel<tf.Tensor[]>(BACKWARD, { x, gamma, beta, dy: upstream, mean, variance }, attributes);
    return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta! };
  },
};
