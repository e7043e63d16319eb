export { Adapters, cutAdapters } from './adapters.ts';
export { readAnswers, standardizeLogits } from './answers.ts';
export { type ClassBalance, describeBalance, weighClasses } from './class-balance.ts';
export { type PerImageSettings, relativeLoss } from './image-weights.ts';
export {
  type AdaptedPair,
  type FeatureLevel,
  type KeptChannelsOf,
  type Method,
  type MethodFacts,
  type MethodInputs,
  type MethodModule,
  type MethodOptions,
  type MethodState,
  type MethodVariable,
  NO_STATE,
  statelessMethod,
  type ViewOutputs,
} from './method.ts';
export { METHOD_MODULES } from './method-modules.ts';
export { attentionTransfer } from './methods/attention.ts';
export { balancedCrossEntropy, crossEntropy } from './methods/cross-entropy.ts';
export { divergenceAt } from './methods/ctkd.ts';
export { relationDistance } from './methods/dist.ts';
export { decoupledDivergence } from './methods/dkd.ts';
export { featureLoss } from './methods/features.ts';
export { softenedDivergence } from './methods/logits.ts';
export { multiLevelDivergence } from './methods/mlkd.ts';
export { chooseQueueSize, queueDivergence } from './methods/queue.ts';
export { contrastViews } from './methods/simclr.ts';
export { contrastLoss, similarityDivergence } from './methods/sskd.ts';
export { jensenShannonDivergence } from './methods/unlabelled.ts';
export { transformedDivergence } from './methods/wttm.ts';
export {
  cutSlots,
  cutStates,
  type MethodStates,
  nameVariable,
  needsOf,
  Objective,
  type WeightedMethod,
  weighMethods,
} from './objective.ts';
export { choosePairs, type FeaturePair, pairLastMaps, pairWithValues } from './pairs.ts';
