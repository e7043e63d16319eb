export { type AttentionMap, attentionMaps } from './attention-maps.ts';
export { type CkaValue, ckaMatrix } from './cka-matrix.ts';
export { computeLogits, evaluate, type LabelledBatch, type MeasuredModel } from './evaluate.ts';
export { centeredGram, type FeatureMatrix } from './feature-matrix.ts';
export { type Latency, measureLatency, percentile } from './latency.ts';
export { MinibatchCka, SMALLEST_CKA_BATCH, unbiasedHsic } from './minibatch-cka.ts';
export { describeOnnxFailure, describeOnnxRuntime, type OnnxSession, openOnnxSession } from './onnx-session.ts';
export { retention } from './retention.ts';
export { AccuracyTally, type Evaluation, type Predictions, rankClasses } from './tally.ts';
