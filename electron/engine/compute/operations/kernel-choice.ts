import * as tf from '@tensorflow/tfjs-core';

/** Names of the kernels that a back end may register to replace the composed form of an operation. */
export const FUSED = {
  conv2d: 'DecantConv2d',
  depthwiseConv2d: 'DecantDepthwiseConv2d',
  batchNormTraining: 'DecantBatchNormTraining',
  batchNormInference: 'DecantBatchNormInference',
  activate: 'DecantActivate',
  globalAveragePool: 'DecantGlobalAveragePool',
  scaleChannels: 'DecantScaleChannels',
  dense: 'DecantDense',
  fakeQuantize: 'DecantFakeQuantize',
  trainingPass: 'DecantTrainingPass',
  updateSgd: 'DecantUpdateSgd',
  updateAdamW: 'DecantUpdateAdamW',
  updateEma: 'DecantUpdateEma',
  updateAverages: 'DecantUpdateAverages',
  sumOfSquares: 'DecantSumOfSquares',
  // The updates with one more input, `guard` (see `UpdateGuard`).
  guardedUpdateSgd: 'DecantGuardedUpdateSgd',
  guardedUpdateAdamW: 'DecantGuardedUpdateAdamW',
  guardedUpdateEma: 'DecantGuardedUpdateEma',
} as const;

/** Names of the kernels that their gradients call; a back end that registers the one registers the other. */
export const BACKWARD = {
  batchNormTraining: 'DecantBatchNormTrainingGradient',
  activate: 'DecantActivationGradient',
  globalAveragePool: 'DecantGlobalAveragePoolGradient',
  scaleChannels: 'DecantScaleChannelsGradient',
  fakeQuantize: 'DecantFakeQuantizeGradient',
  trainingPass: 'DecantTrainingPassGradient',
} as const;

/** Kernels whose gradient is that of their first output alone: what the others' gradients are is not looked at. */
export const DIFFERENTIABLE_IN_FIRST_OUTPUT: ReadonlySet<string> = new Set([FUSED.batchNormTraining]);

/** Whether the active back end has its own kernel of this name. */
export function hasKernel(name: string): boolean {
  // The typings promise a kernel; the registry is a Map and returns undefined for an unknown name.
  return (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

/** Whether a gradient is being recorded, so that what an operation computes must be differentiable. */
export function isRecording(): boolean {
  return tf.engine().state.gradientDepth > 0;
}
