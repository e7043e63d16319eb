import * as tf from '@tensorflow/tfjs-core';
import type { Recipe } from '../../../shared/run/recipe.ts';
import { type ClassBalance, isBalanced, weighTargets } from './class-balance.ts';
import type { MethodInputs } from './method.ts';
import { crossEntropy } from './methods/cross-entropy.ts';

export type PerImageSettings = Recipe['distill']['perImage'];

/** Keeps the relative loss finite where the teacher is certain. */
const EPSILON = 1e-6;

/**
 * How much the teacher's answers count for each image of a batch, `[batch]`, null: all alike. No gradient flows through it. The
 * caller disposes the result.
 */
export function weighImages(
  { logits, teacherLogits, targets, epoch, epochs }: MethodInputs,
  { perImage, balance }: { perImage: PerImageSettings | null; balance: ClassBalance | null },
): tf.Tensor1D | null {
  const teaches = perImage !== null && teacherLogits !== null;
  const factors: (() => tf.Tensor1D)[] = [];
  if (teaches && perImage.weight === 'relative-loss') factors.push(() => relativeLoss(logits, teacherLogits, targets));
  if (teaches && perImage.trust === 'correct') factors.push(() => isRight(teacherLogits, targets));
  const byClass = balance && isBalanced(balance, epoch, epochs) ? balance.answerWeights : null;
  if (byClass) factors.push(() => weighTargets(targets, byClass));
  if (factors.length === 0) return null;
  return tf.tidy(() => factors.map((make) => make()).reduce((product, factor) => tf.mul(product, factor)));
}

/**
 * Weighted soft labels (Zhou et al. 2021, equation 13): 1 - exp(-Ls / Lt) of the cross-entropies of student and teacher with
 * the targets, of each image `[batch]`. Logits and targets are `[batch, classes]`; constant as far as gradients go. The caller
 * disposes the result.
 */
export function relativeLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  const weight = tf.customGrad<tf.Tensor1D>((x) => {
    const [ofStudent, ofTeacher] = [crossEntropy(x as tf.Tensor2D, targets), crossEntropy(teacher, targets)];
    const value = tf.sub<tf.Tensor1D>(1, tf.exp(tf.neg(tf.div(ofStudent, tf.maximum(ofTeacher, EPSILON)))));
    return { value, gradFunc: () => tf.zerosLike(x as tf.Tensor2D) };
  });
  return tf.tidy(() => weight(student));
}

/** 1 for each image whose highest logit is that of its highest target, else 0, `[batch]`. */
function isRight(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  return tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(targets, 1)), 'float32');
}
