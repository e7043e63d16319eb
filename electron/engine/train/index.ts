export { BestKeeper, type BestScore } from './best-keeper.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, requireKnownVersion } from './checkpoint-format.ts';
export type { ImageScores } from './image-ledger.ts';
export {
  LEARNING_RATES,
  type LearningRateSchedule,
  type LearningRateSettings,
  scaleLearningRate,
} from './learning-rates.ts';
export { LossScaler, type LossScaleSettings, type LossScaleState } from './loss-scaler.ts';
export { Optimizer, type Slots, type TrainedParameter } from './optimizer.ts';
export { OPTIMIZERS, type OptimizerName, type OptimizerRule } from './optimizers.ts';
export { recalibrate } from './recalibrate.ts';
export {
  type Distillation,
  type ScaleChange,
  type StepProgress,
  type StretchOfSteps,
  Trainer,
  type TrainerOptions,
  type TrainOptions,
  type TrainResult,
} from './trainer.ts';
export {
  cutState,
  orderState,
  startState,
  stateFromCheckpoint,
  stateToCheckpoint,
  type TrainerState,
} from './trainer-state.ts';
