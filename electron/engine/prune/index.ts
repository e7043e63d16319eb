export { BUDGET_SCHEDULES, type Budget, budgetAt, type Cost } from './budget.ts';
export { type ChannelGroup, channelGroups, type GroupMember, groupOfNode } from './channel-groups.ts';
export { CostModel, fits } from './cost-model.ts';
export {
  type CutResult,
  cutAxis,
  cutNetwork,
  type KeptChannels,
  keptChannelsOf,
  orderChannels,
} from './cut-network.ts';
export {
  IMPORTANCES,
  type Importance,
  type ImportanceContext,
  type ImportanceName,
  readsGradients,
  scoreGroups,
} from './importance/index.ts';
export { LatencyModel, listPoints, type PieceTimes, type TimedPoint } from './latency/latency-model.ts';
export { WIDTH_STEP } from './latency/levels.ts';
export { maskWeights } from './mask-weights.ts';
export { NORMALIZATIONS, type Normalization, type NormalizationName } from './normalization.ts';
export { orderByScore } from './order-by-score.ts';
export { resizeNetwork } from './resize-network.ts';
export {
  BUDGET_TOLERANCE,
  type GroupWidths,
  readLimits,
  type Selection,
  type SelectionOptions,
  selectChannels,
  type WidthLimits,
} from './select-channels.ts';
export { type Candidate, SELECTIONS, type SelectionName, type SelectionPolicy } from './selection/index.ts';
export {
  type Judgement,
  measureSensitivity,
  type Sensitivity,
  type SensitivityPoint,
  scoreBySensitivity,
} from './sensitivity.ts';
export { TaylorAccumulator, type TaylorState } from './taylor-accumulator.ts';
export { CUT_TOLERANCE, type CutVerification, verifyCut } from './verify-cut.ts';
