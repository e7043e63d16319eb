import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { FUSED } from '../kernel-choice.ts';
import { activationGradient } from './activation-gradient.ts';

/** Training with frozen statistics is rare, so plain operations do. */
export const batchNormInferenceGradient: tf.GradConfig = {
  kernelName: FUSED.batchNormInference,
  inputsToSave: ['x', 'gamma', 'beta', 'mean', 'variance'],
  gradFunc: (dy, saved, attributes) => {
    const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const { epsilon, activation } = attributes as { epsilon: number; activation: Activation };
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
