import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';

export const method: MethodModule<'crossEntropy'> = {
  open: ({ facts: { labelSmoothing } }) =>
    statelessMethod(({ logits, targets }) => crossEntropy(logits, targets, { labelSmoothing })),
};

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
