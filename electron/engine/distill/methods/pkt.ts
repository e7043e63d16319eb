import * as tf from '@tensorflow/tfjs-core';
import { type MethodModule, statelessMethod } from '../method.ts';
import { maskOfOthers, multiplyRows, normalizeRows } from '../relations.ts';

/** Keeps logarithms finite where two embeddings point in opposite directions. */
const EPSILON = 1e-7;

export const method: MethodModule<'pkt'> = {
  open: () =>
    // The table says that it needs embeddings, so that they are there.
    statelessMethod(({ embeddings }) => compareNeighbourhoods(embeddings!.student, embeddings!.teacher)),
};

/**
 * Probabilistic knowledge transfer (Passalis & Tefas 2018, equations 5 to 9), of each image `[batch]`: how near it is to each
 * other image, as a distribution over them, by the cosine kernel (1 + cos) / 2; the Kullback-Leibler divergence of the
 * student's from the teacher's. Embeddings are `[batch, length]`, of any two lengths. The gradient flows to the student alone,
 * through the embeddings of all images. The caller disposes the result.
 */
export function compareNeighbourhoods(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const [ours, theirs] = [neighbourhoods(student), neighbourhoods(teacher)];
    const ratio = tf.sub(tf.log(tf.add(theirs, EPSILON)), tf.log(tf.add(ours, EPSILON)));
    return tf.sum<tf.Tensor1D>(tf.mul(theirs, ratio), 1);
  });
}

/** Conditional probabilities `[image, other]`; 0 for an image with itself. */
function neighbourhoods(embeddings: tf.Tensor2D): tf.Tensor2D {
  const halves = tf.mul(maskOfOthers(embeddings.shape[0]), 0.5);
  const kernel = tf.mul(tf.add(multiplyRows(normalizeRows(embeddings)), 1), halves);
  return tf.div(kernel, tf.add(tf.sum(kernel, 1, true), EPSILON));
}
