import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';

/** Keeps correlations and their gradients finite where a row is constant. */
const EPSILON = 1e-12;

export const method: MethodModule<'dist'> = {
  open: ({ settings }) =>
    // The table says that it needs the teacher's logits, so that they are there.
    statelessMethod(({ logits, teacherLogits }) => relationDistance(logits, teacherLogits!, settings)),
};

/**
 * T² · (beta · inter + gamma · intra) of each image `[batch]` (DIST, Huang et al. 2022; T² as in the authors' code). `inter`
 * is the correlation distance between student and teacher over the classes, of each image; `intra` that over the images, mean
 * over the classes, and so a number of the whole batch that every image gets. Both are of probabilities softened by the
 * temperature T; logits are `[batch, classes]`. The gradient flows to the student alone. The caller disposes the result.
 */
export function relationDistance(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { beta = 1, gamma = 1, temperature = 4 }: { beta?: number; gamma?: number; temperature?: number } = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const s = tf.softmax(tf.div<tf.Tensor2D>(student, temperature));
    const t = tf.softmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const inter = correlationDistance(s, t);
    const intra = tf.mean(correlationDistance(tf.transpose(s), tf.transpose(t)));
    return tf.mul<tf.Tensor1D>(tf.add(tf.mul(inter, beta), tf.mul(intra, gamma)), temperature ** 2);
  });
}

/** 1 - Pearson's correlation between the rows of two matrices `[rows, length]`: `[rows]`. The gradient flows to `x` alone. */
function correlationDistance(x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor1D {
  return withKnownGradient(x, (rows) => {
    const { unit: u, scale } = centre(rows);
    const { unit: v } = centre(y);
    const correlation = tf.sum(tf.mul(u, v), 1, true);
    return {
      value: tf.reshape(tf.sub(1, correlation), [rows.shape[0]]),
      gradient: tf.mul(tf.sub(tf.mul(u, correlation), v), scale),
    };
  });
}

/** Rows without their mean and of length 1, and what they were multiplied by for that, `[rows, 1]`. */
function centre(x: tf.Tensor2D): { unit: tf.Tensor2D; scale: tf.Tensor2D } {
  const centred = tf.sub<tf.Tensor2D>(x, tf.mean(x, 1, true));
  const scale = tf.rsqrt(tf.add<tf.Tensor2D>(tf.sum(tf.square(centred), 1, true), EPSILON));
  return { unit: tf.mul(centred, scale), scale };
}
