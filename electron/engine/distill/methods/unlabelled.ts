import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';
import { softenedDivergence } from './logits.ts';

/**
 * Consistent-view distillation (Beyer et al. 2022), of the batch: the mean divergence between answers of teacher and student to
 * images without labels, of which both see the same view.
 */
export const method: MethodModule<'unlabelled'> = {
  open: ({ settings }) =>
    statelessMethod(({ unlabelled }) => {
      const { logits, teacherLogits } = unlabelled!; // The table says that it needs them,
      const compare = settings.divergence === 'js' ? jensenShannonDivergence : softenedDivergence;
      return tf.mean<tf.Scalar>(compare(logits, teacherLogits!, settings)); // and the teacher's.
    }),
};

/**
 * T² · JS of the distributions softened by temperature T, of each image `[batch]`: half of KL(teacher ‖ mean) plus half of
 * KL(student ‖ mean), where mean is that of both (Lin 1991; Cui et al. 2021 distil with it). Logits are `[batch, classes]`; the
 * gradient flows to the student alone. The caller disposes the result.
 */
export function jensenShannonDivergence(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature = 4 }: { temperature?: number } = {},
): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const studentLog = tf.logSoftmax(tf.div(x, temperature));
    const teacherLog = tf.logSoftmax(tf.div(teacher, temperature));
    const [p, q] = [tf.exp(teacherLog), tf.exp(studentLog)];
    // Not the logarithm of a mean that may be 0: the larger one carries it.
    const most = tf.maximum(studentLog, teacherLog);
    const apart = tf.neg(tf.abs(tf.sub(studentLog, teacherLog)));
    const middleLog = tf.add(most, tf.sub(tf.log1p(tf.exp(apart)), Math.LN2));
    const surplus = tf.sub(studentLog, middleLog);
    const ofStudent = tf.sum(tf.mul(q, surplus), 1, true);
    const ofTeacher = tf.sum(tf.mul(p, tf.sub(teacherLog, middleLog)), 1, true);
    return {
      value: tf.reshape(tf.mul(tf.add(ofStudent, ofTeacher), temperature ** 2 / 2), [x.shape[0]]),
      gradient: tf.mul(tf.mul(q, tf.sub(surplus, ofStudent)), temperature / 2),
    };
  });
}
