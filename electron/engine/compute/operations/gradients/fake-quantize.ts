import * as tf from '@tensorflow/tfjs-core';
import { type IntegerGrid, passedRange } from '../fake-quantize.ts';
import { BACKWARD, FUSED } from '../kernel-choice.ts';

export const fakeQuantizeGradient: tf.GradConfig = {
  kernelName: FUSED.fakeQuantize,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => {
    const [low, high] = passedRange(attributes as unknown as IntegerGrid); // What fakeQuantize passes.
    const inputs = { x: saved[0]!, dy: dy as tf.Tensor };
    return { x: () => tf.engine().runKernel<tf.Tensor>(BACKWARD.fakeQuantize, inputs, { low, high }) };
  },
};
