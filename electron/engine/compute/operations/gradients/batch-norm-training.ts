import * as tf from '@tensorflow/tfjs-core';
import { mayOverwrite } from '../../differentiate.ts';
import { BACKWARD, FUSED } from '../kernel-choice.ts';

/** Saves the input and the statistics only: the output is cheaper to compute again than to keep. */
export const batchNormTrainingGradient: tf.GradConfig = {
  kernelName: FUSED.batchNormTraining,
  inputsToSave: ['x', 'gamma', 'beta'],
  outputsToSave: [false, true, true],
  gradFunc: (dy, saved, attributes) => {
    const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const upstream = Array.isArray(dy) ? dy[0]! : dy;
    const inputs = { x, gamma, beta, dy: upstream, mean, variance };
    const [dx, dGamma, dBeta] = tf
      .engine()
      .runKernel<tf.Tensor[]>(BACKWARD.batchNormTraining, inputs, { ...attributes, overwrite: mayOverwrite(upstream) });
    return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta! };
  },
};
