import * as tf from '@tensorflow/tfjs-core';
import { BACKWARD, FUSED } from '../kernel-choice.ts';
import { recordOf } from '../training-pass.ts';

/** The first output keeps what the forward pass leaves for the backward one; saved, it lives as long as the tape. */
export const trainingPassGradient: tf.GradConfig = {
  kernelName: FUSED.trainingPass,
  inputsToSave: ['images'],
  outputsToSave: [true],
  gradFunc: (dys, _saved, attributes) => {
    const { outputs, parameters } = recordOf(attributes).graph;
    const upstream = (dys as tf.Tensor[]).slice(1, 1 + outputs.length);
    const inputs = Object.fromEntries(upstream.entries());
    // At once, not in the thunks, each of which tfjs calls in a tidy of its own.
    const gradients = tf.engine().runKernel<tf.Tensor[]>(BACKWARD.trainingPass, inputs, attributes);
    return Object.fromEntries(parameters.map((name, i) => [name, () => gradients[i]!]));
  },
};
