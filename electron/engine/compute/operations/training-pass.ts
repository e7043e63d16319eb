import * as tf from '@tensorflow/tfjs-core';
import { FUSED, hasKernel, isRecording } from './kernel-choice.ts';
import type { TrainingGraph } from './training-graph.ts';

/** What a pass keeps from its forward to its backward kernel; a back end fills it. */
export interface TrainingPassRecord {
  readonly graph: TrainingGraph;
  /** Whether a gradient will be asked for. */
  readonly records: boolean;
  /** Opaque to all but the back end that ran the forward kernel. */
  state?: object | undefined;
  /** Numbers per channel of each batch norm, in order; set by the forward kernel. */
  counts?: readonly number[];
}

/** tfjs hands attributes on as they are, but has no type for more than numbers and texts. */
const records = new WeakMap<object, TrainingPassRecord>();

/** The record of the pass that a kernel was called for, from its attributes. */
export function recordOf(attributes: object): TrainingPassRecord {
  return records.get(attributes)!;
}

export interface TrainingPassResult {
  /** By node name, the graph's outputs: maps `[batch, height, width, channels]`, means `[batch, 1, 1, channels]`. */
  readonly outputs: Map<string, tf.Tensor4D>;
  /** What each batch norm saw: mean and biased variance per channel, of `count` numbers. */
  readonly statistics: { node: string; mean: tf.Tensor1D; variance: tf.Tensor1D; count: number }[];
}

/** Whether the active back end trains all feature maps of a network as one operation. */
export function hasTrainingPass(): boolean {
  const { emulatesHalf } = tf.backend() as { emulatesHalf?: boolean };
  return hasKernel(FUSED.trainingPass) && emulatesHalf !== true;
}

/**
 * The feature maps of a network in training, batch norm by the statistics of the batch, as one operation: normalized maps
 * are made where they are read and are never in memory. Differentiable in the parameters through the outputs; do not build
 * a loss on the statistics. `images` `[batch, height, width, channels]`; `parameter` gives a node's parameter by its name.
 * The caller disposes all results. Only where `hasTrainingPass`.
 */
export function trainingPass(
  graph: TrainingGraph,
  images: tf.Tensor4D,
  parameter: (name: string) => tf.Tensor,
): TrainingPassResult {
  const pass: TrainingPassRecord = { graph, records: isRecording() };
  const attributes: tf.NamedAttrMap = {};
  records.set(attributes, pass);
  const inputs = Object.fromEntries(graph.parameters.map((name) => [name, parameter(name)]));
  const results = tf.engine().runKernel<tf.Tensor[]>(FUSED.trainingPass, { images, ...inputs }, attributes);
  const [keeper, ...tensors] = results;
  keeper!.dispose(); // The tape has one of its own.
  const outputs = new Map(graph.outputs.map((name, i) => [name, tensors[i]! as tf.Tensor4D]));
  const statistics = normsOf(graph).map((node, i) => {
    const [mean, variance] = tensors.slice(graph.outputs.length + 2 * i) as [tf.Tensor1D, tf.Tensor1D];
    return { node, mean, variance, count: pass.counts![i]! };
  });
  return { outputs, statistics };
}

/** Names of the batch norms of a graph, in order. */
export function normsOf({ steps }: TrainingGraph): string[] {
  return steps.flatMap((step) => ('norm' in step ? [step.norm.name] : []));
}
