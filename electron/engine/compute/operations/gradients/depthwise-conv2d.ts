import * as tf from '@tensorflow/tfjs-core';
import { FUSED } from '../kernel-choice.ts';
import { windowGradients } from './window.ts';

export const depthwiseConv2dGradient: tf.GradConfig = {
  kernelName: FUSED.depthwiseConv2d,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attributes) => {
    const [input, filter] = [tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter];
    return windowGradients(dy, saved, attributes, input, filter);
  },
};
