export type { Architecture } from '../../../shared/run/architectures.ts';
export { type BuildOptions, buildNetwork, explicitChannels } from './build-network.ts';
export { checkNetwork } from './check-network.ts';
export { type Count, countNetwork, type NetworkCount } from './count-network.ts';
export { foldBatchNorm } from './fold-batch-norm.ts';
export { type BatchStatistics, disposeForward, type ForwardOptions, type ForwardResult, forward } from './forward.ts';
export { encodeWeights, type ImportedWeights, importWeights } from './import-weights.ts';
export { InferenceNetwork } from './inference-network.ts';
export { initializeWeights } from './initialize-weights.ts';
export { inputsOf, isFrozen, type Network, type NetworkNode, type NodeOf } from './network.ts';
export { type ChannelWidths, makeDivisible } from './network-builder.ts';
export { type ParameterSpec, parameterSpecs, sizeOf } from './parameter-specs.ts';
export { checkWeights, Parameters, type ReadableParameters } from './parameters.ts';
export { parseClassifier, parseNetwork } from './parse-network.ts';
export {
  adoptClassifier,
  countReused,
  haveProjector,
  lastMap,
  reuseClassifier,
  reusesClassifier,
} from './reuse-classifier.ts';
export { readSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.ts';
export { featureShapes } from './shapes.ts';
export { checkTaps, embeddingLength, embeddingTap, listTaps, type Tap } from './taps.ts';
export { updateStatistics } from './update-statistics.ts';
export type { HostTensor, Weights } from './weights.ts';
