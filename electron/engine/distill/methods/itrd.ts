import * as tf from '@tensorflow/tfjs-core';
import type { MethodModule } from '../method.ts';
import { cutProjection, Projection } from '../projection.ts';
import { multiplyRows, normalizeRows } from '../relations.ts';

/** Keeps logarithms and divisions finite for a constant dimension, or a perfect student. */
const EPSILON = 1e-8;

export const method: MethodModule<'itrd'> = {
  open({ settings, facts, state, random }) {
    const { student, teacher } = facts.embeddings!; // The table says that it needs them.
    const projection = new Projection('student', { from: student, to: teacher, weights: state.variables, random });
    return {
      variables: projection.variables,
      compute({ embeddings }) {
        const embedded = projection.project(embeddings!.student);
        return tf.add<tf.Scalar>(
          tf.mul(correlationLoss(embedded, embeddings!.teacher, settings), settings.correlation),
          tf.mul(informationLoss(embedded, embeddings!.teacher), settings.information),
        );
      },
      dispose: () => projection.dispose(),
    };
  },
  cut: cutProjection('student'),
};

/**
 * The correlation loss of information-theoretic distillation (Miles et al. 2022): log₂ of the sum over dimensions of
 * |correlation - 1|^(2 alpha), where a dimension's correlation is between student and teacher over the batch. Embeddings are
 * `[batch, length]`. The gradient flows to the student alone. The caller disposes the result.
 */
export function correlationLoss(student: tf.Tensor2D, teacher: tf.Tensor2D, { alpha }: { alpha: number }): tf.Scalar {
  return tf.tidy(() => {
    const correlations = tf.mean<tf.Tensor1D>(tf.mul(standardize(student), standardize(teacher)), 0);
    const missing = tf.add(tf.square(tf.sub(correlations, 1)), EPSILON);
    return tf.mul<tf.Scalar>(tf.log(tf.sum(tf.pow(missing, alpha))), Math.LOG2E);
  });
}

/**
 * The mutual-information loss of the same paper, from Rényi's entropy of order 2: the squared Frobenius norm of the student's
 * Gram matrix less that of its Hadamard product with the teacher's, each divided by its trace. Gram matrices are of embeddings
 * `[batch, length]` of length 1. The gradient flows to the student alone. The caller disposes the result.
 */
export function informationLoss(student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const ours = multiplyRows(normalizeRows(student));
    const joint = tf.mul(ours, multiplyRows(normalizeRows(teacher)));
    // Rows of length 1 make traces the number of images.
    const scale = 1 / student.shape[0] ** 2;
    return tf.mul<tf.Scalar>(tf.sub(tf.sum(tf.square(ours)), tf.sum(tf.square(joint))), scale);
  });
}

/** Each dimension with mean 0 and variance 1 over the batch. */
function standardize(x: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 0, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 0, true), EPSILON)));
}
