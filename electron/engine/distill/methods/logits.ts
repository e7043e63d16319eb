import * as tf from '@tensorflow/tfjs-core';
import { readAnswers } from '../answers.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';

export const method: MethodModule<'logits'> = {
  open: ({ settings }) =>
    statelessMethod((inputs) => {
      const { student, teacher } = readAnswers(inputs, settings);
      return softenedDivergence(student, teacher, settings);
    }),
};
/**
 * T² · KL(teacher ‖ student) of the distributions softened by temperature T, of each image `[batch]` (Hinton et al. 2015);
 * T² keeps the size of the gradient independent of T. Logits are `[batch, classes]`; the gradient flows to the student
 * alone. The caller disposes the result.
 */
export function softenedDivergence(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature = 4 }: { temperature?: number } = {},
): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const studentLog = tf.logSoftmax(tf.div(x, temperature));
    const teacherLog = tf.logSoftmax(tf.div(teacher, temperature));
    const teacherProbabilities = tf.exp(teacherLog);
    const divergence = tf.sum(tf.mul(teacherProbabilities, tf.sub(teacherLog, studentLog)), 1);
    return {
      value: tf.mul(divergence, temperature ** 2),
      gradient: tf.mul(tf.sub(tf.exp(studentLog), teacherProbabilities), temperature),
    };
  });
}
