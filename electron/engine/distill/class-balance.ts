import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../../../shared/run/recipe.ts';

/** What a network's training does for classes with few images. Weights are 1 on average over the classes. */
export interface ClassBalance {
  /** Added to the logits under cross-entropy `[classes]`; null: nothing. */
  readonly logitOffsets: Float32Array | null;
  /** How much an image counts under cross-entropy, by class; null: all alike. */
  readonly labelWeights: Float32Array | null;
  /** How much an image counts where the teacher's answers are learned, by class; null: all alike. */
  readonly answerWeights: Float32Array | null;
  /** What the teacher's probabilities are multiplied by `[classes]`; null: they stay as they are. */
  readonly teacherWeights: Float32Array | null;
  /** Share of the network's epochs before which nothing of this is done. */
  readonly from: number;
}

/**
 * What a recipe does for these classes; null: nothing.
 *
 * @param classCounts training images of each class, at least 1
 */
export function describeBalance(
  { labels, tau, answers, beta, from }: Recipe['balance'],
  classCounts: Float32Array,
): ClassBalance | null {
  if (labels === 'none' && answers === 'none') return null;
  const weights = weighClasses(classCounts, beta);
  return {
    logitOffsets: labels === 'balanced-softmax' ? classCounts.map((count) => tau * Math.log(count)) : null,
    labelWeights: labels === 'class-weights' ? weights : null,
    answerWeights: answers === 'images' ? weights : null,
    teacherWeights: answers === 'teacher' ? weights : null,
    from,
  };
}

/** Weights by the inverse effective number of images (Cui et al. 2019, equation 2), scaled to sum to the number of classes. */
export function weighClasses(classCounts: Float32Array, beta: number): Float32Array {
  const inverse = Array.from(classCounts, (count) => (1 - beta) / (1 - beta ** count));
  const sum = inverse.reduce((a, b) => a + b, 0);
  return Float32Array.from(inverse, (weight) => (weight * classCounts.length) / sum);
}

/** Whether balancing has begun in an epoch of so many. */
export function isBalanced({ from }: ClassBalance, epoch: number, epochs: number): boolean {
  return epoch >= from * epochs;
}

/** The weight of each image `[batch]`: that of its class, or of its target's classes by their shares. The caller disposes it. */
export function weighTargets(targets: tf.Tensor2D, weights: Float32Array): tf.Tensor1D {
  return tf.tidy(() => tf.sum<tf.Tensor1D>(tf.mul(targets, tf.tensor1d(weights)), 1));
}
