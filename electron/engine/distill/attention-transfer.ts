import * as tf from '@tensorflow/tfjs-core';
import { resizeTeacher } from './resize-teacher.ts';

/** Keeps norms and their gradients finite where a map is all zero or both maps are the same. */
const EPSILON = 1e-12;

/**
 * Attention transfer (Zagoruyko & Komodakis 2017, equation 2): the Lp distance between the attention maps of student and
 * teacher, mean over the batch. A map is the mean over channels of |feature|, flattened and divided by its L2 norm, so
 * channel counts may differ and no adapter is needed; a teacher map of another height and width is brought to the
 * student's. Inputs are `[batch, height, width, channels]`; the gradient flows to the student alone. The caller disposes
 * the scalar.
 */
export function attentionTransfer(
  student: tf.Tensor4D,
  teacher: tf.Tensor4D,
  { power = 2 }: { power?: number } = {},
): tf.Scalar {
  const [, height, width] = student.shape;
  return tf.tidy(() => {
    const difference = tf.abs(tf.sub(attentionMap(student), attentionMap(resizeTeacher(teacher, [height, width]))));
    const distance = tf.pow(tf.sum(tf.pow(tf.add(difference, EPSILON), power), 1), 1 / power);
    return tf.mean<tf.Scalar>(distance);
  });
}

/** Unit-length attention maps `[batch, height · width]`. */
function attentionMap(feature: tf.Tensor4D): tf.Tensor2D {
  const [batch, height, width] = feature.shape;
  const map = tf.reshape(tf.mean(tf.abs(feature), 3), [batch, height * width]);
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(map), 1, true), EPSILON));
  return tf.div(map, norm);
}
