import * as tf from '@tensorflow/tfjs-core';
import { FUSED } from '../kernel-choice.ts';
import { windowGradients } from './window.ts';

export const conv2dGradient: tf.GradConfig = {
  kernelName: FUSED.conv2d,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attributes) =>
    windowGradients(dy, saved, attributes, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter),
};
