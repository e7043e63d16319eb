/** Networks that compute with 8-bit integers: ranges of values, rounded weights, and training that knows of both. */
export type { Affine } from './affine.ts';
export { chooseUnits } from './choose-units.ts';
export { judgePlan } from './judge-plan.ts';
export type { IntegerLayer, QuantizationPlan } from './plan.ts';
export { planWithin } from './plan-within.ts';
export { type Quantization, quantizeNetwork } from './quantize-network.ts';
export { quantizeByChannel, quantizeConstant, restoreByChannel } from './quantize-weights.ts';
export { simulate } from './simulate.ts';
export { type IntegerTrainingOptions, trainIntegers } from './train-integers.ts';
