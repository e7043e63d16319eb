import * as tf from '@tensorflow/tfjs-core';
import { BACKWARD, FUSED } from '../kernel-choice.ts';

export const scaleChannelsGradient: tf.GradConfig = {
  kernelName: FUSED.scaleChannels,
  inputsToSave: ['x', 'gate'],
  gradFunc: (dy, saved) => {
    const [x, gate] = saved as [tf.Tensor, tf.Tensor];
    const [dx, dGate] = tf.engine().runKernel<tf.Tensor[]>(BACKWARD.scaleChannels, { x, gate, dy: dy as tf.Tensor });
    return { x: () => dx!, gate: () => dGate! };
  },
};
