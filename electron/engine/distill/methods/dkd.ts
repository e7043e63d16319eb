import * as tf from '@tensorflow/tfjs-core';
import { readAnswers } from '../answers.ts';
import { withKnownGradient } from '../known-gradient.ts';
import { type MethodModule, statelessMethod } from '../method.ts';

/** Taken from a logarithm, it leaves nothing of its class. */
const HIDDEN = 1e9;

export const method: MethodModule<'dkd'> = {
  open: ({ settings }) =>
    statelessMethod((inputs) => {
      const { student, teacher } = readAnswers(inputs, settings);
      return decoupledDivergence(student, teacher, { targets: inputs.targets, ...settings });
    }),
};

/**
 * T² · (alpha · TCKD + beta · NCKD) of each image `[batch]` (Zhao et al. 2022, equation 7, with the T² of Hinton et al. 2015).
 * TCKD is KL(teacher ‖ student) of the two numbers "target class" and "any other class", NCKD that of the other classes among
 * each other; both of logits `[batch, classes]` divided by the temperature T. The target class is that of the highest of
 * `targets` `[batch, classes]`, so that mixed labels work too. The gradient flows to the student alone. The caller disposes
 * the result.
 */
export function decoupledDivergence(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  {
    targets,
    alpha = 1,
    beta = 8,
    temperature = 4,
  }: { targets: tf.Tensor2D; alpha?: number; beta?: number; temperature?: number },
): tf.Tensor1D {
  return withKnownGradient(student, (x) => {
    const isTarget = tf.oneHot(tf.argMax(targets, 1), x.shape[1], 1, 0, 'float32') as tf.Tensor2D; // A row an image.
    const s = decouple(tf.div(x, temperature), isTarget);
    const t = decouple(tf.div(teacher, temperature), isTarget);
    const teacherTarget = tf.exp(t.target);
    const teacherAmongOthers = tf.exp(t.amongOthers);
    const ofTarget = tf.add(
      tf.mul(teacherTarget, tf.sub(t.target, s.target)),
      tf.mul(tf.exp(t.others), tf.sub(t.others, s.others)),
    );
    const ofOthers = tf.sum(tf.mul(teacherAmongOthers, tf.sub(t.amongOthers, s.amongOthers)), 1, true);
    const studentAmongOthers = tf.exp(s.amongOthers);
    const change = tf.add(
      // TCKD moves the target against all others, each as far as it counts among them.
      tf.mul(tf.sub(isTarget, studentAmongOthers), tf.mul(tf.sub(tf.exp(s.target), teacherTarget), alpha)),
      tf.mul(tf.sub(studentAmongOthers, teacherAmongOthers), beta),
    );
    return {
      value: tf.reshape(tf.mul(tf.add(tf.mul(ofTarget, alpha), tf.mul(ofOthers, beta)), temperature ** 2), [
        x.shape[0],
      ]),
      gradient: tf.mul(change, temperature),
    };
  });
}

/** Logarithms of probabilities: of the target and of all others together, `[batch, 1]`; of the others among themselves, `[batch, classes]`. */
function decouple(logits: tf.Tensor2D, isTarget: tf.Tensor2D) {
  const all = tf.logSoftmax(logits);
  const hidden = tf.sub(all, tf.mul(isTarget, HIDDEN));
  const others = tf.logSumExp(hidden, 1, true);
  return { target: tf.sum(tf.mul(all, isTarget), 1, true), others, amongOthers: tf.sub(hidden, others) };
}
