import * as tf from '@tensorflow/tfjs-core';
import { readAnswers } from '../answers.ts';
import { type MethodModule, statelessMethod } from '../method.ts';
import { softenedDivergence } from './logits.ts';

/** At which answers are compared, all of them in every step. */
const TEMPERATURES = [2, 3, 4, 5, 6];

export const method: MethodModule<'mlkd'> = {
  open: ({ settings }) =>
    statelessMethod((inputs) => {
      const { student, teacher } = readAnswers(inputs, settings);
      return multiLevelDivergence(student, teacher);
    }),
};

/**
 * Multi-level logit distillation (Jin et al. 2023) of each image `[batch]`, summed over temperatures T from 2 to 6. With the
 * softened probabilities P `[batch, classes]` of student and teacher:
 *
 * - instance level: T² · KL(teacher ‖ student);
 * - batch level: ‖PPᵀ of the student - PPᵀ of the teacher‖² / batch, of which each image gets its own row times batch;
 * - class level: ‖PᵀP of the student - PᵀP of the teacher‖² / classes, a number of the whole batch that every image gets.
 *
 * This is the formula of the paper, for the view of the images that there is; the authors' masks of confident images and
 * classes are left out. The gradient flows to the student alone. The caller disposes the result.
 */
export function multiLevelDivergence(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() =>
    tf.addN(
      TEMPERATURES.flatMap((temperature) => {
        const s = tf.softmax(tf.div<tf.Tensor2D>(student, temperature));
        const t = tf.softmax(tf.div<tf.Tensor2D>(teacher, temperature));
        const images = tf.sub(tf.matMul(s, s, false, true), tf.matMul(t, t, false, true));
        const classes = tf.sub(tf.matMul(s, s, true), tf.matMul(t, t, true));
        const ofClasses = tf.div(tf.sum(tf.square(classes)), student.shape[1]);
        return [
          softenedDivergence(student, teacher, { temperature }),
          tf.add<tf.Tensor1D>(tf.sum(tf.square(images), 1), ofClasses),
        ];
      }),
    ),
  );
}
