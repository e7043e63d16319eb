import * as tf from '@tensorflow/tfjs-core';
import { globalAveragePool } from '../../compute/index.ts';
import { Adapters, cutAdapters } from '../adapters.ts';
import { averageOver } from '../levels.ts';
import type { MethodModule } from '../method.ts';
import { createVariables, disposeVariables } from '../own-variables.ts';
import type { FeaturePair } from '../pairs.ts';
import { resizeTeacher } from '../resize-teacher.ts';

/** Variances stay above this (the authors' ε). */
const SMALLEST_VARIANCE = 1e-5;
/** What they begin with: at first the student explains little of the teacher's features. */
const FIRST_VARIANCE = 5;

export const method: MethodModule<'vid'> = {
  open({ facts: { pairs }, state, random }) {
    const adapters = Adapters.create(pairs, { weights: state.variables, random });
    const start = Math.log(Math.expm1(FIRST_VARIANCE - SMALLEST_VARIANCE));
    const spreads = createVariables(
      pairs.map((pair) => [nameSpread(pair), { shape: [pair.teacherChannels], decay: false, start }] as const),
      state.variables,
    );
    return {
      variables: new Map([...adapters.variables, ...spreads]),
      compute: ({ levels }) =>
        averageOver(levels, ({ pair, student, teacher }) => {
          const spread = spreads.get(nameSpread(pair))!.variable as tf.Tensor as tf.Tensor1D; // Made so for every pair.
          return negativeLogLikelihood(adapters.adapt(pair, student), teacher, spread);
        }),
      dispose() {
        adapters.dispose();
        disposeVariables(spreads);
      },
    };
  },
  cut: cutAdapters,
};

/**
 * The loss of variational information distillation (Ahn et al. 2019, equations 4 to 6), of each image `[batch]`: the negative
 * logarithm of the teacher's map under normal distributions around the adapted student map, without its constant, mean over
 * positions and channels. Both maps are `[batch, height, width, channels]`; a teacher map of another height and width is brought
 * to the student's. Variances are softplus(spread) + ε, `spread` `[channels]`. The gradient flows to student and spread. The
 * caller disposes the result.
 */
export function negativeLogLikelihood(student: tf.Tensor4D, teacher: tf.Tensor4D, spread: tf.Tensor1D): tf.Tensor1D {
  const [batch, height, width, channels] = student.shape;
  return tf.tidy(() => {
    const difference = tf.sub<tf.Tensor4D>(student, resizeTeacher(teacher, [height, width]));
    const errors = tf.reshape(globalAveragePool(tf.square(difference)), [batch, channels]);
    const variance = tf.add(tf.softplus(spread), SMALLEST_VARIANCE);
    const terms = tf.add(tf.div(errors, variance), tf.log(variance));
    return tf.mul<tf.Tensor1D>(tf.mean(terms, 1), 0.5);
  });
}

function nameSpread({ student, teacher }: FeaturePair): string {
  return `${student}~${teacher}/spread`;
}
