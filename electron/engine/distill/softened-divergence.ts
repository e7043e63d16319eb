import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from './known-gradient.ts';

/**
 * T² · KL(teacher ‖ student) of the distributions softened by temperature T, mean over the batch (Hinton et al. 2015);
 * T² keeps the size of the gradient independent of T. Logits are `[batch, classes]`; the gradient flows to the student
 * alone. The caller disposes the scalar.
 */
export function softenedDivergence(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature = 4 }: { temperature?: number } = {},
): tf.Scalar {
  const batch = student.shape[0];
  return withKnownGradient(student, (x) => {
    const studentLog = tf.logSoftmax(tf.div(x, temperature));
    const teacherLog = tf.logSoftmax(tf.div(teacher, temperature));
    const teacherProbabilities = tf.exp(teacherLog);
    const divergence = tf.sum(tf.mul(teacherProbabilities, tf.sub(teacherLog, studentLog)));
    return {
      value: tf.mul(divergence, temperature ** 2 / batch),
      gradient: tf.mul(tf.sub(tf.exp(studentLog), teacherProbabilities), temperature / batch),
    };
  });
}
