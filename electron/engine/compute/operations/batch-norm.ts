import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../activation.ts';
import { activateComposed } from './activate.ts';
import { FUSED, hasKernel } from './kernel-choice.ts';

export interface BatchNormOptions {
  /** Added to the variance, against division by zero. */
  readonly epsilon?: number;
  readonly activation?: Activation;
}

export interface BatchNormResult {
  readonly y: tf.Tensor4D;
  /** Of this batch, per channel. */
  readonly mean: tf.Tensor1D;
  /** Of this batch, per channel, biased (divided by batch · height · width). */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalization with the statistics of this batch, then an activation, in one pass (Ioffe & Szegedy 2015).
 *
 * `x` `[batch, height, width, channels]`; `gamma`, `beta` `[channels]`. Differentiable in `x`, `gamma` and `beta` through
 * `y`; do not build a loss on `mean` or `variance`, which are there for the running statistics. The caller disposes all
 * three results.
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { epsilon = 1e-5, activation = 'none' }: BatchNormOptions = {},
): BatchNormResult {
  if (hasKernel(FUSED.batchNormTraining)) {
    const [y, mean, variance] = tf
      .engine()
      .runKernel<tf.Tensor[]>(FUSED.batchNormTraining, { x, gamma, beta }, { epsilon, activation });
    return { y: y as tf.Tensor4D, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
  }
  return batchNormTrainingComposed(x, gamma, beta, { epsilon, activation });
}

function batchNormTrainingComposed(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { epsilon, activation }: Required<BatchNormOptions>,
): BatchNormResult {
  const [y, mean, variance] = tf.tidy(() => {
    const mean = tf.mean<tf.Tensor1D>(x, [0, 1, 2]);
    const centred = tf.sub<tf.Tensor4D>(x, mean);
    const variance = tf.mean<tf.Tensor1D>(tf.square(centred), [0, 1, 2]);
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    const z = tf.add<tf.Tensor4D>(tf.mul(centred, scale), beta);
    return [activation === 'none' ? z : activateComposed(z, activation), mean, variance] as const satisfies tf.Tensor[];
  });
  return { y, mean, variance };
}

/**
 * Batch normalization with given statistics, then an activation, in one pass; differentiable in all its tensors.
 *
 * `x` `[batch, height, width, channels]`; `gamma`, `beta`, `mean`, `variance` `[channels]`. The caller disposes the result.
 */
export function batchNormInference(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  { epsilon = 1e-5, activation = 'none' }: BatchNormOptions = {},
): tf.Tensor4D {
  if (hasKernel(FUSED.batchNormInference)) {
    const inputs = { x, gamma, beta, mean, variance };
    return tf.engine().runKernel<tf.Tensor4D>(FUSED.batchNormInference, inputs, { epsilon, activation });
  }
  return tf.tidy(() => {
    // Per-channel numbers first: what is left for the feature map is one multiplication and one addition.
    const scale = tf.mul<tf.Tensor1D>(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    const shift = tf.sub<tf.Tensor1D>(beta, tf.mul(mean, scale));
    const z = tf.add<tf.Tensor4D>(tf.mul(x, scale), shift);
    return activation === 'none' ? z : activateComposed(z, activation);
  });
}
