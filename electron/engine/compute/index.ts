export { ACTIVATIONS, type Activation } from './activation.ts';
export { BACKEND_NAMES, type BackendName, type Precision } from './candidate.ts';
export { differentiate } from './differentiate.ts';
export { activate } from './operations/activate.ts';
export {
  type BatchNormOptions,
  type BatchNormResult,
  batchNormInference,
  batchNormTraining,
} from './operations/batch-norm.ts';
export { globalAveragePool, scaleChannels } from './operations/channels.ts';
export { type ConvolutionOptions, conv2d } from './operations/conv2d.ts';
export { dense } from './operations/dense.ts';
export { depthwiseConv2d } from './operations/depthwise-conv2d.ts';
export { fakeQuantize } from './operations/fake-quantize.ts';
export type { TrainingGraph, TrainingStep } from './operations/training-graph.ts';
export { hasTrainingPass, type TrainingPassResult, trainingPass } from './operations/training-pass.ts';
export {
  type AdamWUpdate,
  type SgdUpdate,
  sumOfSquares,
  type UpdateGuard,
  updateAdamW,
  updateAverages,
  updateEma,
  updateSgd,
} from './operations/update.ts';
export { type KernelTime, startProfile } from './profile.ts';
export {
  type ActiveCompute,
  type Attempt,
  activeCompute,
  type ComputeDescription,
  type ComputeOptions,
  computePrecision,
  startCompute,
  stopCompute,
  tryBackend,
} from './start.ts';
