import * as tf from '@tensorflow/tfjs-core';
import type { ViewOutputs } from './method.ts';

/** Keeps z-scores and their gradients finite where all logits of an image are the same. */
const EPSILON = 1e-6;

/** Logits `[batch, classes]` of the same images. */
export interface Answers {
  readonly student: tf.Tensor2D;
  readonly teacher: tf.Tensor2D;
}

/**
 * What a method that needs `teacherLogits` compares: the logits of both networks, z-scored where its setting `standardize`
 * says so. Runs inside the caller's `tf.tidy`.
 */
export function readAnswers(
  { logits, teacherLogits }: Pick<ViewOutputs, 'logits' | 'teacherLogits'>,
  { standardize }: { standardize: boolean },
): Answers {
  const answers = { student: logits, teacher: teacherLogits! }; // There, since the method's entry says that it needs them.
  if (!standardize) return answers;
  return { student: standardizeLogits(answers.student), teacher: standardizeLogits(answers.teacher) };
}

/**
 * Z-scores of each image's logits `[batch, classes]`: mean 0 and standard deviation 1 over the classes (Sun et al. 2024,
 * algorithm 1, before the division by the temperature). Differentiable; the caller disposes the result.
 */
export function standardizeLogits(logits: tf.Tensor2D): tf.Tensor2D {
  return tf.customGrad<tf.Tensor2D>((...inputs) => {
    const [x, save] = inputs as [tf.Tensor2D, tf.GradSaveFunc]; // tfjs appends its save function to what it is called with.
    const centred = tf.sub(x, tf.mean(x, 1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), EPSILON));
    const scores = tf.mul<tf.Tensor2D>(centred, scale);
    save([scores, scale]);
    return {
      value: scores,
      gradFunc: (dy, saved) => {
        const [z, factor] = saved as [tf.Tensor2D, tf.Tensor2D]; // As saved above.
        const along = tf.mul(z, tf.mean(tf.mul(dy, z), 1, true));
        return tf.mul(factor, tf.sub(tf.sub(dy, tf.mean(dy, 1, true)), along));
      },
    };
  })(logits);
}
