import * as tf from '@tensorflow/tfjs-core';
import { FUSED } from '../kernel-choice.ts';

export const denseGradient: tf.GradConfig = {
  kernelName: FUSED.dense,
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, saved) => {
    const [x, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
    const upstream = dy as tf.Tensor2D;
    return {
      x: () => tf.matMul(upstream, weight, false, true),
      weight: () => tf.matMul(x, upstream, true, false),
      bias: () => tf.sum(upstream, 0),
    };
  },
};
