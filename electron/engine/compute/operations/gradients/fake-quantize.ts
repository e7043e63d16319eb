import * as tf from '@tensorflow/tfjs-core';
import { type IntegerGrid, passedRange } from '../fake-quantize.ts';
import { BACKWARD, FUSED } from '../kernel-choice.ts';

export const fakeQuantizeGradient: tf.GradConfig = {
  kernelName: FUSED.fakeQuantize,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => {
    const { scale, lowest, highest } = attributes as { [Key in keyof IntegerGrid]: number };
    const [low, high] = passedRange({ scale, lowest, highest });
    const inputs = { x: saved[0]!, dy: dy as tf.Tensor };
    return { x: () => tf.engine().runKernel<tf.Tensor>(BACKWARD.fakeQuantize, inputs, { low, high }) };
  },
};
