import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from './known-gradient.ts';

/**
 * Cross-entropy of logits `[batch, classes]` with target distributions `[batch, classes]` (each row sums to 1; one-hot
 * or mixed), mean over the batch. `labelSmoothing` moves that share of every target evenly over all classes (Szegedy et
 * al. 2016). The gradient flows to the logits alone. The caller disposes the scalar.
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): tf.Scalar {
  const [batch, classes] = logits.shape;
  return withKnownGradient(logits, (x) => {
    const smoothed =
      labelSmoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - labelSmoothing), labelSmoothing / classes);
    const logProbabilities = tf.logSoftmax(x);
    return {
      value: tf.mul(tf.sum(tf.mul(smoothed, logProbabilities)), -1 / batch),
      gradient: tf.mul(tf.sub(tf.exp(logProbabilities), smoothed), 1 / batch),
    };
  });
}
