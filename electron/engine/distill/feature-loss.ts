import * as tf from '@tensorflow/tfjs-core';
import type { FeatureScale } from '../../../shared/run/recipe.ts';
import { withKnownGradient } from './known-gradient.ts';
import { resizeTeacher } from './resize-teacher.ts';

/** Keeps the relative loss finite where a teacher map is all zero. */
const EPSILON = 1e-12;

/**
 * Mean squared difference between an adapted student map and the teacher's map, both `[batch, height, width, channels]`
 * (the hints of FitNets, Romero et al. 2015). A teacher map of another height and width is brought to the student's.
 * `relative` divides it by the mean square of the teacher's map in this batch: 1 for a student that predicts zeros,
 * whatever the size of the teacher's features. The gradient flows to the student alone. The caller disposes the scalar.
 */
export function featureLoss(
  student: tf.Tensor4D,
  teacher: tf.Tensor4D,
  { scale = 'absolute' }: { scale?: FeatureScale } = {},
): tf.Scalar {
  return withKnownGradient(student, (x) => {
    const target = resizeTeacher(teacher, [x.shape[1], x.shape[2]]);
    const difference = tf.sub(x, target);
    const sum = tf.sum(tf.square(difference));
    if (scale === 'absolute') return { value: tf.mul(sum, 1 / x.size), gradient: tf.mul(difference, 2 / x.size) };
    const power = tf.add(tf.sum(tf.square(target)), EPSILON);
    return { value: tf.div(sum, power), gradient: tf.mul(difference, tf.div(2, power)) };
  });
}
