import * as tf from '@tensorflow/tfjs-core';
import { readAnswers } from '../answers.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';

export const method: MethodModule<'wttm'> = {
  open: ({ settings }) =>
    statelessMethod((inputs) => {
      const { student, teacher } = readAnswers(inputs, settings);
      return transformedDivergence(student, teacher, settings);
    }),
};

/**
 * U · KL(q ‖ student) of each image `[batch]` (weighted transformed teacher matching, Zheng & Yang 2024). The teacher's
 * probabilities p, raised to the power gamma, sum to U, which is larger where they are smooth; divided by it they are q. The
 * student's probabilities have no temperature. Logits are `[batch, classes]`; the gradient flows to the student alone. The
 * caller disposes the result.
 */
export function transformedDivergence(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { gamma = 0.2 }: { gamma?: number } = {},
): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const studentLog = tf.logSoftmax(x);
    const powers = tf.mul(tf.logSoftmax(teacher), gamma);
    const sum = tf.sum(tf.exp(powers), 1, true);
    const matchedLog = tf.sub(powers, tf.log(sum));
    const matched = tf.exp(matchedLog);
    const divergence = tf.sum(tf.mul(matched, tf.sub(matchedLog, studentLog)), 1, true);
    return {
      value: tf.reshape(tf.mul(divergence, sum), [x.shape[0]]),
      gradient: tf.mul(tf.sub(tf.exp(studentLog), matched), sum),
    };
  });
}
