import * as tf from '@tensorflow/tfjs-core';
import { type ClassBalance, isBalanced, weighTargets } from '../class-balance.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';

export const method: MethodModule<'crossEntropy'> = {
  open: ({ facts: { labelSmoothing, balance } }) =>
    statelessMethod(({ logits, targets, epoch, epochs }) =>
      balance && isBalanced(balance, epoch, epochs)
        ? balancedCrossEntropy(logits, targets, { labelSmoothing, ...balance })
        : crossEntropy(logits, targets, { labelSmoothing }),
    ),
};

/**
 * Cross-entropy of logits plus an offset for each class (balanced softmax, Ren et al. 2020, equation 3: the logarithm of the
 * class's size; logit adjustment, Menon et al. 2021), and weighed by the classes of each image's target (Cui et al. 2019). Shapes
 * and ownership as for `crossEntropy`.
 */
export function balancedCrossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  {
    labelSmoothing = 0,
    logitOffsets = null,
    labelWeights = null,
  }: { labelSmoothing?: number } & Partial<Pick<ClassBalance, 'logitOffsets' | 'labelWeights'>>,
): tf.Tensor1D {
  return tf.tidy(() => {
    const offset = logitOffsets ? tf.add<tf.Tensor2D>(logits, tf.tensor1d(logitOffsets)) : logits;
    const loss = crossEntropy(offset, targets, { labelSmoothing });
    return labelWeights ? tf.mul<tf.Tensor1D>(loss, weighTargets(targets, labelWeights)) : loss;
  });
}

/**
 * Cross-entropy of logits `[batch, classes]` with target distributions `[batch, classes]` (each row sums to 1; one-hot
 * or mixed), of each image `[batch]`. `labelSmoothing` moves that share of every target evenly over all classes (Szegedy
 * et al. 2016). The gradient flows to the logits alone. The caller disposes the result.
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): tf.Tensor1D {
  const [, classes] = logits.shape;
  return withKnownGradient(logits, (x) => {
    const smoothed =
      labelSmoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / classes);
    const logProbabilities = tf.logSoftmax(x);
    return {
      value: tf.neg(tf.sum(tf.mul(smoothed, logProbabilities), 1)),
      gradient: tf.sub(tf.exp(logProbabilities), smoothed),
    };
  });
}
