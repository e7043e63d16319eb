import * as tf from '@tensorflow/tfjs-core';
import { withKnownGradient } from './known-gradient.ts';
import { resizeTeacher } from './resize-teacher.ts';

/**
 * Mean squared difference between an adapted student map and the teacher's map, both `[batch, height, width, channels]`
 * (the hints of FitNets, Romero et al. 2015). A teacher map of another height and width is brought to the student's.
 * The gradient flows to the student alone. The caller disposes the scalar.
 */
export function featureLoss(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Scalar {
  return withKnownGradient(student, (x) => {
    const difference = tf.sub(x, resizeTeacher(teacher, [x.shape[1], x.shape[2]]));
    return {
      value: tf.mul(tf.sum(tf.square(difference)), 1 / x.size),
      gradient: tf.mul(difference, 2 / x.size),
    };
  });
}
