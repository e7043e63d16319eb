import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { checkShape } from './check-shape.ts';
import { activationGradient } from './ours-activation-gradient.ts';

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

/** Training with frozen statistics is rare, so plain operations do. */
export const oursBatchNormInferenceGradient: tf.GradConfig = {
  kernelName: FUSED.batchNormInference,
  inputsToSave: ['x', 'gamma', 'beta', 'mean', 'variance'],
  gradFunc: (dy, saved, attributes) => {
    const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const { epsilon, activation } = attributes as Attributes;
    const rstd = tf.rsqrt(tf.add(variance, epsilon));
    const scale = tf.mul(gamma, rstd);
    const hat = () => tf.mul(tf.sub(x, mean), rstd);
    const z = () => tf.add(tf.mul(hat(), gamma), beta);
    const dz = activation === 'none' ? (dy as tf.Tensor) : activationGradient(tf.tidy(z), dy as tf.Tensor, activation);
    const sumRows = (values: tf.Tensor) => tf.sum(values, [0, 1, 2]);
    const dGamma = () => sumRows(tf.mul(dz, hat()));
    return {
      x: () => tf.mul(dz, scale),
      gamma: dGamma,
      beta: () => sumRows(dz),
      mean: () => tf.neg(tf.mul(sumRows(dz), scale)),
      // d(rstd)/d(variance) = -rstd³ / 2, and what rstd multiplies is dGamma · gamma / rstd.
      variance: () => tf.mul(tf.mul(dGamma(), gamma), tf.mul(tf.square(rstd), -0.5)),
    };
  },
};
