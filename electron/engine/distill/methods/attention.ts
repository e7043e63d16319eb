import * as tf from '@tensorflow/tfjs-core';
import { averageOver } from '../levels.ts';
import { type MethodModule, statelessMethod } from '../method.ts';
import { resizeTeacher } from '../resize-teacher.ts';

/** Keeps norms and their gradients finite where a map is all zero or both maps are the same. */
const EPSILON = 1e-12;

export const method: MethodModule<'attention'> = {
  open: ({ settings: { power } }) =>
    statelessMethod(({ levels }) =>
      averageOver(levels, ({ student, teacher }) => attentionTransfer(student, teacher, { power })),
    ),
};

/**
 * Attention transfer (Zagoruyko & Komodakis 2017, equation 2): the Lp distance between the attention maps of student and
 * teacher, of each image `[batch]`. A map is the mean over channels of |feature|, flattened and divided by its L2 norm, so
 * channel counts may differ and no adapter is needed; a teacher map of another height and width is brought to the
 * student's. Inputs are `[batch, height, width, channels]`; the gradient flows to the student alone. The caller disposes
 * the result.
 */
export function attentionTransfer(
  student: tf.Tensor4D,
  teacher: tf.Tensor4D,
  { power = 2 }: { power?: number } = {},
): tf.Tensor1D {
  const [, height, width] = student.shape;
  return tf.tidy(() => {
    const difference = tf.abs(tf.sub(attentionMap(student), attentionMap(resizeTeacher(teacher, [height, width]))));
    return tf.pow<tf.Tensor1D>(tf.sum(tf.pow(tf.add(difference, EPSILON), power), 1), 1 / power);
  });
}

/** Unit-length attention maps `[batch, height · width]`. */
function attentionMap(feature: tf.Tensor4D): tf.Tensor2D {
  const [batch, height, width] = feature.shape;
  const map = tf.reshape(tf.mean(tf.abs(feature), 3), [batch, height * width]);
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(map), 1, true), EPSILON));
  return tf.div(map, norm);
}
