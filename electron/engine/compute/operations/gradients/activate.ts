import type * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { FUSED } from '../kernel-choice.ts';
import { activationGradient } from './activation-gradient.ts';

export const activateGradient: tf.GradConfig = {
  kernelName: FUSED.activate,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => {
    const { activation } = attributes as { activation: Activation };
    return { x: () => activationGradient(saved[0]!, dy as tf.Tensor, activation) };
  },
};
