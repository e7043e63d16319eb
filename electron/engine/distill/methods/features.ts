import * as tf from '@tensorflow/tfjs-core';
import { Adapters, cutAdapters } from '../adapters.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { averageOver } from '../levels.ts';
import type { MethodModule } from '../method.ts';
import { resizeTeacher } from '../resize-teacher.ts';

/** Keeps the relative loss finite where a teacher map is all zero. */
const EPSILON = 1e-12;

export const method: MethodModule<'features'> = {
  open({ settings: { scale }, facts: { pairs }, state, random }) {
    const adapters = Adapters.create(pairs, { weights: state.variables, random });
    return {
      variables: adapters.variables,
      compute: ({ levels }) =>
        averageOver(levels, ({ pair, student, teacher }) =>
          featureLoss(adapters.adapt(pair, student), teacher, { scale }),
        ),
      dispose: () => adapters.dispose(),
    };
  },
  cut: cutAdapters,
};

/**
 * Mean squared difference between an adapted student map and the teacher's map, both `[batch, height, width, channels]`,
 * of each image `[batch]` (the hints of FitNets, Romero et al. 2015). A teacher map of another height and width is brought
 * to the student's. `relative` divides it by the mean square of the teacher's maps in this batch: 1 on average for a
 * student that predicts zeros, whatever the size of the teacher's features. The gradient flows to the student alone. The
 * caller disposes the result.
 */
export function featureLoss(
  student: tf.Tensor4D,
  teacher: tf.Tensor4D,
  { scale = 'absolute' }: { scale?: 'relative' | 'absolute' } = {},
): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const batch = x.shape[0];
    const target = resizeTeacher(teacher, [x.shape[1], x.shape[2]]);
    const difference = tf.sub(x, target);
    const sums = tf.sum<tf.Tensor1D>(tf.square(difference), [1, 2, 3]);
    if (scale === 'absolute') {
      const share = batch / x.size;
      return { value: tf.mul(sums, share), gradient: tf.mul(difference, 2 * share) };
    }
    const power = tf.add(tf.sum(tf.square(target)), EPSILON);
    return {
      value: tf.mul(sums, tf.div(batch, power)),
      gradient: tf.mul(difference, tf.div(2 * batch, power)),
    };
  });
}
