import * as tf from '@tensorflow/tfjs-core';
import { Adapters, cutAdapters } from '../adapters.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { averageOver } from '../levels.ts';
import type { MethodModule } from '../method.ts';
import { resizeTeacher } from '../resize-teacher.ts';

/** Where fewer of a channel's numbers are below 0, its margin is `FAR` deviations, for want of numbers (the authors' bounds). */
const RARE = 1e-3;
const FAR = 3;

export const method: MethodModule<'ofd'> = {
  open({ facts: { pairs }, state, random }) {
    const adapters = Adapters.create(pairs, { weights: state.variables, random });
    return {
      variables: adapters.variables,
      compute: ({ levels }) =>
        averageOver(levels, ({ pair, student, teacher }) => partialDistance(adapters.adapt(pair, student), teacher)),
      dispose: () => adapters.dispose(),
    };
  },
  cut: cutAdapters,
};

/**
 * The partial L2 distance of the feature distillation by Heo et al. (2019, equations 2 to 5), of each image `[batch]`: the mean
 * squared difference between an adapted student map and the teacher's, both `[batch, height, width, channels]`. Of the
 * teacher's numbers below 0 only a margin of their channel is left, and where it is below 0 the student may be anywhere below
 * it. A teacher map of another height and width is brought to the student's. The gradient flows to the student alone. The caller
 * disposes the result.
 */
export function partialDistance(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const target = tf.maximum(resizeTeacher(teacher, [x.shape[1], x.shape[2]]), findMargins(teacher));
    const difference = tf.sub<tf.Tensor4D>(x, target);
    const above = tf.relu(difference);
    const below = tf.sub<tf.Tensor4D>(above, difference);
    // 1 where the teacher is above 0, out of what computes whole maps fast.
    const positive = tf.minimum(tf.mul(tf.relu(target), 1e30), 1);
    const wrong = tf.sub<tf.Tensor4D>(above, tf.mul(below, positive));
    const share = x.shape[0] / x.size;
    return {
      value: tf.mul(tf.sum<tf.Tensor1D>(tf.square(wrong), [1, 2, 3]), share),
      gradient: tf.mul(wrong, 2 * share),
    };
  });
}

/**
 * The mean of each channel's numbers below 0, `[channels]`, if they are normally distributed with the mean and deviation that
 * they have in this batch. The caller disposes the result.
 */
export function findMargins(map: tf.Tensor4D): tf.Tensor1D {
  return tf.tidy(() => {
    const mean = tf.mean<tf.Tensor1D>(map, [0, 1, 2]);
    const variance = tf.mean<tf.Tensor1D>(tf.square(tf.sub(map, mean)), [0, 1, 2]);
    const deviation = tf.sqrt(tf.add(variance, 1e-12));
    const z = tf.div<tf.Tensor1D>(mean, deviation);
    const density = tf.mul(tf.exp(tf.mul(tf.square(z), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    const share = tf.mul(tf.sub(1, tf.erf(tf.mul(z, Math.SQRT1_2))), 0.5);
    const truncated = tf.sub(mean, tf.div(tf.mul(deviation, density), tf.maximum(share, RARE)));
    return tf.where(tf.greater(share, RARE), truncated, tf.mul(deviation, -FAR)) as tf.Tensor1D; // All are `[channels]`.
  });
}
