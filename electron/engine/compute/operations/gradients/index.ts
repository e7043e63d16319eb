import * as tf from '@tensorflow/tfjs-core';
import { activateGradient } from './activate.ts';
import { batchNormInferenceGradient } from './batch-norm-inference.ts';
import { batchNormTrainingGradient } from './batch-norm-training.ts';
import { conv2dGradient } from './conv2d.ts';
import { denseGradient } from './dense.ts';
import { depthwiseConv2dGradient } from './depthwise-conv2d.ts';
import { fakeQuantizeGradient } from './fake-quantize.ts';
import { globalAveragePoolGradient } from './global-average-pool.ts';
import { scaleChannelsGradient } from './scale-channels.ts';
import { trainingPassGradient } from './training-pass.ts';

/** tfjs knows gradients by the name of the kernel alone: every back end with fused kernels shares these. */
const GRADIENTS: readonly tf.GradConfig[] = [
  conv2dGradient,
  depthwiseConv2dGradient,
  batchNormTrainingGradient,
  batchNormInferenceGradient,
  activateGradient,
  globalAveragePoolGradient,
  scaleChannelsGradient,
  denseGradient,
  fakeQuantizeGradient,
  trainingPassGradient,
];

/** Makes the gradients of our fused kernels known to tfjs. May be called again. */
export function registerGradients(): void {
  for (const gradient of GRADIENTS) {
    // The typings promise a gradient; the registry returns undefined for an unknown name.
    const known = tf.getGradient(gradient.kernelName) as tf.GradConfig | undefined;
    if (known === undefined) tf.registerGradient(gradient);
  }
}
