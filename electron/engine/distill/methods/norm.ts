import * as tf from '@tensorflow/tfjs-core';
import { Adapters, cutAdapters } from '../adapters.ts';
import { withKnownGradient } from '../known-gradient.ts';
import type { MethodModule } from '../method.ts';
import { resizeTeacher } from '../resize-teacher.ts';

export const method: MethodModule<'norm'> = {
  open({ settings: { copies }, facts: { pairs }, state, random }) {
    const deepest = pairs[0]!; // The table says that it needs maps, of which there is one pair at least.
    const expanded = { ...deepest, teacherChannels: copies * deepest.teacherChannels };
    const adapters = Adapters.create([expanded], { weights: state.variables, random });
    return {
      variables: adapters.variables,
      compute({ levels }) {
        const { pair, student, teacher } = levels[0]!;
        return matchCopies(adapters.adapt(pair, student), teacher);
      },
      dispose: () => adapters.dispose(),
    };
  },
  cut: cutAdapters,
};

/**
 * N-to-one representation matching (Liu et al. 2023): the mean squared difference between N maps that are made of the student's
 * and the teacher's one, of each image `[batch]`. `student` is `[batch, height, width, channels · N]`, the N for one channel side
 * by side; `teacher` `[batch, height, width, channels]`, brought to the student's height and width. The layer after it that
 * brings the student back to its own channels is left out: here the student's network stays as it is. The gradient flows to the
 * student alone. The caller disposes the result.
 */
export function matchCopies(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  const channels = teacher.shape[3];
  return withKnownGradient(student, (x) => {
    const [batch, height, width, all] = x.shape;
    const target = tf.reshape(resizeTeacher(teacher, [height, width]), [batch, height, width, channels, 1]);
    const difference = tf.sub(tf.reshape(x, [batch, height, width, channels, all / channels]), target);
    const share = batch / x.size;
    return {
      value: tf.mul(tf.sum<tf.Tensor1D>(tf.square(difference), [1, 2, 3, 4]), share),
      gradient: tf.mul(tf.reshape(difference, x.shape), 2 * share),
    };
  });
}
