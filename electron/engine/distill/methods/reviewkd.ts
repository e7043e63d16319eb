import * as tf from '@tensorflow/tfjs-core';
import { averageOver } from '../levels.ts';
import type { MethodModule } from '../method.ts';
import { meanPlaces, resample } from '../resample.ts';
import { resizeTeacher } from '../resize-teacher.ts';
import { cutReviewer, Reviewer } from '../reviewer.ts';

/** Sides of the coarser maps that are compared beside the whole ones; each weighs half of the one before. */
const PYRAMID = [4, 2, 1];

export const method: MethodModule<'reviewkd'> = {
  open({ settings: { channels }, facts: { pairs }, state, random }) {
    const reviewer = new Reviewer(pairs, { channels, weights: state.variables, random });
    return {
      variables: reviewer.variables,
      compute({ levels }) {
        const reviewed = reviewer.review(levels);
        return averageOver(levels, (level) => contextLoss(reviewed.get(level)!, level.teacher)); // One for every level.
      },
      dispose: () => reviewer.dispose(),
    };
  },
  cut: cutReviewer,
};

/**
 * The hierarchical context loss of knowledge review (Chen et al. 2021, section 3.3), of each image `[batch]`: mean squared
 * differences of both maps as they are and averaged into 4, 2 and 1 squares a side where that is coarser, weighed 1, 1/2, 1/4,
 * 1/8 in units of their sum. Maps are `[batch, height, width, channels]`; a teacher map of another height and width is brought to
 * the student's. The gradient flows to the student alone. The caller disposes the result.
 */
export function contextLoss(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  const [, height, width] = student.shape;
  return tf.tidy(() => {
    const difference = tf.sub<tf.Tensor4D>(student, resizeTeacher(teacher, [height, width]));
    const coarser = PYRAMID.filter((side) => side < Math.min(height, width)).map((side) =>
      resample(difference, meanPlaces(height, side), meanPlaces(width, side)),
    );
    const terms = [difference, ...coarser].map((map, i) => tf.mul<tf.Tensor1D>(meanSquare(map), 0.5 ** i));
    return tf.mul<tf.Tensor1D>(tf.addN(terms), 1 / (2 - 0.5 ** coarser.length));
  });
}

function meanSquare(map: tf.Tensor4D): tf.Tensor1D {
  return tf.mul(tf.sum(tf.square(map), [1, 2, 3]), map.shape[0] / map.size);
}
