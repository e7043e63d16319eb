import * as tf from '@tensorflow/tfjs-core';
import { globalAveragePool, scaleChannels } from '../../compute/index.ts';
import { averageOver } from '../levels.ts';
import { type MethodModule, statelessMethod } from '../method.ts';
import { resizeTeacher } from '../resize-teacher.ts';

/** Keeps lengths and their gradients finite where a channel is all zero. */
const EPSILON = 1e-12;

export const method: MethodModule<'nst'> = {
  open: () =>
    statelessMethod(({ levels }) =>
      averageOver(levels, ({ student, teacher }) => compareSelectivity(student, teacher)),
    ),
};

/**
 * Neuron selectivity transfer (Huang & Wang 2017, equation 6) with the polynomial kernel (xᵀy)², of each image `[batch]`: the
 * squared maximum mean discrepancy between the student's channels and the teacher's, each a map of length 1 over height and
 * width. Inputs are `[batch, height, width, channels]`; channel counts may differ, and a teacher map of another height and
 * width is brought to the student's. The gradient flows to the student alone. The caller disposes the result.
 */
export function compareSelectivity(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  const [, height, width, channels] = student.shape;
  const teacherChannels = teacher.shape[3];
  return tf.tidy(() => {
    const ours = normalizeChannels(student);
    const theirs = normalizeChannels(resizeTeacher(teacher, [height, width]));
    // The kernel's sum over pairs of channels is the squared norm of their products, and also of those of the positions: of
    // the two matrices the smaller is made.
    if (height * width <= Math.max(channels, teacherChannels)) {
      const difference = tf.sub(
        tf.mul(tf.matMul(ours, ours, false, true), 1 / channels),
        tf.mul(tf.matMul(theirs, theirs, false, true), 1 / teacherChannels),
      );
      return tf.sum<tf.Tensor1D>(tf.square(difference), [1, 2]);
    }
    const within = tf.add(meanKernel(ours, ours), meanKernel(theirs, theirs));
    return tf.sub<tf.Tensor1D>(within, tf.mul(meanKernel(ours, theirs), 2));
  });
}

/** `[batch, height · width, channels]`: each channel with L2 norm 1. */
function normalizeChannels(map: tf.Tensor4D): tf.Tensor3D {
  const [batch, height, width, channels] = map.shape;
  const squares = tf.mul(globalAveragePool(tf.square(map)), height * width);
  const unit = scaleChannels(map, tf.rsqrt(tf.add<tf.Tensor4D>(squares, EPSILON)));
  return tf.reshape(unit, [batch, height * width, channels]);
}

/** Mean of the kernel over all pairs of channels, of each image `[batch]`. */
function meanKernel(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor1D {
  const pairs = a.shape[2] * b.shape[2];
  return tf.mul(tf.sum(tf.square(tf.matMul(a, b, true, false)), [1, 2]), 1 / pairs);
}
