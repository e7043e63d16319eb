import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../../operations/gradients/index.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import { type DeviceKernel, registerDeviceKernel } from '../define-kernel.ts';
import { activateKernel } from './activate.ts';
import { activationGradientKernel } from './activation-gradient.ts';
import { batchMatMulKernel } from './batch-mat-mul.ts';
import { batchNormInferenceKernel } from './batch-norm-inference.ts';
import { batchNormTrainingKernel } from './batch-norm-training.ts';
import { batchNormTrainingGradientKernel } from './batch-norm-training-gradient.ts';
import { binaryKernel } from './binary.ts';
import { conv2dKernel } from './conv2d.ts';
import { conv2dBackpropFilterKernel } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInputKernel } from './conv2d-backprop-input.ts';
import { denseKernel } from './dense.ts';
import { depthwiseConv2dKernel } from './depthwise-conv2d.ts';
import { depthwiseConv2dBackpropFilterKernel } from './depthwise-conv2d-backprop-filter.ts';
import { depthwiseConv2dBackpropInputKernel } from './depthwise-conv2d-backprop-input.ts';
import { globalAveragePoolKernel } from './global-average-pool.ts';
import { globalAveragePoolGradientKernel } from './global-average-pool-gradient.ts';
import { scaleChannelsKernel } from './scale-channels.ts';
import { scaleChannelsGradientKernel } from './scale-channels-gradient.ts';
import { sumKernel } from './sum.ts';
import { sumOfSquaresKernel } from './sum-of-squares.ts';
import { guardedUpdateAdamWKernel, updateAdamWKernel } from './update-adamw.ts';
import { guardedUpdateEmaKernel, updateEmaKernel } from './update-ema.ts';
import { guardedUpdateSgdKernel, updateSgdKernel } from './update-sgd.ts';

const KERNELS: readonly DeviceKernel[] = [
  // tfjs's own.
  batchMatMulKernel,
  binaryKernel(tf.Add, '+'),
  binaryKernel(tf.Sub, '-'),
  binaryKernel(tf.Multiply, '*'),
  binaryKernel(tf.RealDiv, '/'),
  conv2dBackpropFilterKernel,
  conv2dBackpropInputKernel,
  depthwiseConv2dBackpropFilterKernel,
  depthwiseConv2dBackpropInputKernel,
  sumKernel,
  // Those of our own operations.
  activateKernel,
  activationGradientKernel,
  batchNormInferenceKernel,
  batchNormTrainingKernel,
  batchNormTrainingGradientKernel,
  conv2dKernel,
  denseKernel,
  depthwiseConv2dKernel,
  globalAveragePoolKernel,
  globalAveragePoolGradientKernel,
  scaleChannelsKernel,
  scaleChannelsGradientKernel,
  sumOfSquaresKernel,
  updateSgdKernel,
  guardedUpdateSgdKernel,
  updateAdamWKernel,
  guardedUpdateAdamWKernel,
  updateEmaKernel,
  guardedUpdateEmaKernel,
];

/** Puts our kernels in place of some of tfjs's, and beside them; tfjs's must be there already. Once in a process. */
export function registerDeviceKernels(): void {
  // The typings promise a kernel; the registry returns undefined for an unknown name.
  if ((tf.getKernel(FUSED.conv2d, 'webgpu') as tf.KernelConfig | undefined) !== undefined) return;
  for (const kernel of KERNELS) registerDeviceKernel(kernel);
  registerGradients();
}
