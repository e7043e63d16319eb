import * as tf from '@tensorflow/tfjs-core';
import { BACKWARD, FUSED } from '../kernel-choice.ts';

export const globalAveragePoolGradient: tf.GradConfig = {
  kernelName: FUSED.globalAveragePool,
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => ({
    x: () =>
      tf
        .engine()
        .runKernel<tf.Tensor>(BACKWARD.globalAveragePool, { dy: dy as tf.Tensor }, { inputShape: saved[0]!.shape }),
  }),
};
