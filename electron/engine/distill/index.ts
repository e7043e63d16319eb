export { type AdaptedPair, Adapters, cutAdapters } from './adapters.ts';
export { attentionTransfer } from './attention-transfer.ts';
export { crossEntropy } from './cross-entropy.ts';
export { featureLoss } from './feature-loss.ts';
export {
  type FeatureLevel,
  findNeeds,
  LOSSES,
  type LossInputs,
  type LossName,
  type LossPart,
  type LossSettings,
  type LossWeights,
} from './losses.ts';
export { activeParts, computeObjective, type WeightedPart } from './objective.ts';
export { choosePairs, type FeaturePair, pairWithValues } from './pairs.ts';
export { softenedDivergence } from './softened-divergence.ts';
export {
  type ScheduledWeights,
  WEIGHT_SCHEDULES,
  type WeightSchedule,
  type WeightScheduleName,
} from './weight-schedules.ts';
