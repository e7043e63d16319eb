import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../../operations/gradients/index.ts';
import { registerSimdKernel, type SimdKernel } from '../define-kernel.ts';
import { addNKernel } from './add-n.ts';
import { batchMatMulKernel } from './batch-mat-mul.ts';
import { binaryKernel } from './binary.ts';
import { conv2dKernel } from './conv2d.ts';
import { conv2dBackpropFilterKernel } from './conv2d-backprop-filter.ts';
import { conv2dBackpropInputKernel } from './conv2d-backprop-input.ts';
import { depthwiseConv2dKernel } from './depthwise-conv2d.ts';
import { depthwiseConv2dBackpropFilterKernel } from './depthwise-conv2d-backprop-filter.ts';
import { depthwiseConv2dBackpropInputKernel } from './depthwise-conv2d-backprop-input.ts';
import { fusedBatchNormKernel } from './fused-batch-norm.ts';
import { fusedConv2dKernel } from './fused-conv2d.ts';
import { fusedDepthwiseConv2dKernel } from './fused-depthwise-conv2d.ts';
import { fusedMatMulKernel } from './fused-mat-mul.ts';
import { oursActivateKernel } from './ours-activate.ts';
import { oursActivationGradientKernel } from './ours-activation-gradient.ts';
import { oursBatchNormInferenceKernel } from './ours-batch-norm-inference.ts';
import { oursBatchNormTrainingGradientKernel, oursBatchNormTrainingKernel } from './ours-batch-norm-training.ts';
import { oursConv2dKernel } from './ours-conv2d.ts';
import { oursDenseKernel } from './ours-dense.ts';
import { oursDepthwiseConv2dKernel } from './ours-depthwise-conv2d.ts';
import { oursFakeQuantizeGradientKernel, oursFakeQuantizeKernel } from './ours-fake-quantize.ts';
import { oursGlobalAveragePoolGradientKernel, oursGlobalAveragePoolKernel } from './ours-global-average-pool.ts';
import { oursScaleChannelsGradientKernel, oursScaleChannelsKernel } from './ours-scale-channels.ts';
import { oursTrainingPassGradientKernel, oursTrainingPassKernel } from './ours-training-pass.ts';
import {
  oursSumOfSquaresKernel,
  oursUpdateAdamWKernel,
  oursUpdateAveragesKernel,
  oursUpdateEmaKernel,
  oursUpdateSgdKernel,
} from './ours-updates.ts';
import { padKernel } from './pad.ts';
import { meanKernel, sumKernel } from './reduction.ts';
import { sliceKernel } from './slice.ts';
import { squaredDifferenceKernel } from './squared-difference.ts';
import { activationKernel, unaryKernel } from './unary.ts';

const KERNELS: readonly SimdKernel[] = [
  // tfjs's own.
  conv2dKernel,
  conv2dBackpropInputKernel,
  conv2dBackpropFilterKernel,
  depthwiseConv2dKernel,
  depthwiseConv2dBackpropInputKernel,
  depthwiseConv2dBackpropFilterKernel,
  fusedConv2dKernel,
  fusedDepthwiseConv2dKernel,
  batchMatMulKernel,
  fusedMatMulKernel,
  fusedBatchNormKernel,
  binaryKernel(tf.Add, 'add'),
  binaryKernel(tf.Sub, 'subtract'),
  binaryKernel(tf.Multiply, 'multiply'),
  binaryKernel(tf.RealDiv, 'divide'),
  binaryKernel(tf.Maximum, 'maximum'),
  binaryKernel(tf.Minimum, 'minimum'),
  squaredDifferenceKernel,
  addNKernel,
  activationKernel(tf.Relu, 'relu'),
  activationKernel(tf.Relu6, 'relu6'),
  unaryKernel(tf.Square, 'square'),
  unaryKernel(tf.Sqrt, 'sqrt'),
  unaryKernel(tf.Rsqrt, 'rsqrt'),
  unaryKernel(tf.Abs, 'abs'),
  unaryKernel(tf.Neg, 'negate'),
  unaryKernel(tf.Reciprocal, 'reciprocal'),
  sumKernel,
  meanKernel,
  sliceKernel,
  padKernel,
  // Those of our own operations.
  oursConv2dKernel,
  oursDepthwiseConv2dKernel,
  oursBatchNormTrainingKernel,
  oursBatchNormTrainingGradientKernel,
  oursBatchNormInferenceKernel,
  oursActivateKernel,
  oursActivationGradientKernel,
  oursGlobalAveragePoolKernel,
  oursGlobalAveragePoolGradientKernel,
  oursScaleChannelsKernel,
  oursScaleChannelsGradientKernel,
  oursDenseKernel,
  oursFakeQuantizeKernel,
  oursFakeQuantizeGradientKernel,
  oursTrainingPassKernel,
  oursTrainingPassGradientKernel,
  oursUpdateSgdKernel,
  oursUpdateAdamWKernel,
  oursUpdateAveragesKernel,
  oursUpdateEmaKernel,
  oursSumOfSquaresKernel,
];

/** Gives the back end `simd` tfjs's CPU kernels and, in place of some of them, ours. Once in a process. */
export function registerSimdKernels(): void {
  if (tf.getKernelsForBackend('simd').length > 0) return;
  tf.copyRegisteredKernels('cpu', 'simd');
  for (const kernel of KERNELS) registerSimdKernel(kernel);
  registerGradients();
}
