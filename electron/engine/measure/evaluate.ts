import * as tf from '@tensorflow/tfjs-core';
import { computePrecision } from '../compute/index.ts';
import { foldBatchNorm, forward, type Network, Parameters, type Weights } from '../model/index.ts';
import { AccuracyTally, type Evaluation } from './tally.ts';

/** Labelled images, ready for a network. */
export interface LabelledBatch {
  /** `[size, height, width, 3]`, normalized. */
  images: Float32Array;
  labels: Int32Array;
  /** Index of each image in its dataset. */
  indices: Int32Array;
  size: number;
}

/** A network and its numbers, either in ordinary memory or as variables on the back end. */
export type MeasuredModel =
  | { network: Network; weights: Weights }
  /** Only read; the caller keeps and disposes them. */
  | { network: Network; parameters: Parameters };

/**
 * Accuracy, loss and confusion of a network on labelled images, in inference mode, with batch norm folded into the
 * convolutions, which is faster and equal up to rounding. In mixed precision `parameters` are used as they are, since
 * folded weights may be too large for it. Leaves no tensors behind.
 *
 * @throws DecantError `training.diverged` for a logit that is not finite
 */
export async function evaluate(
  options: MeasuredModel & { batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch> },
): Promise<Evaluation> {
  if ('parameters' in options && computePrecision() === 'mixed')
    return evaluateParameters(options.network, options.parameters, options.batches);
  const given = 'parameters' in options ? await options.parameters.toWeights() : options.weights;
  const { network, weights } = foldBatchNorm(options.network, given);
  const parameters = Parameters.fromWeights(network, weights);
  try {
    return await evaluateParameters(network, parameters, options.batches);
  } finally {
    parameters.dispose();
  }
}

async function evaluateParameters(
  network: Network,
  parameters: Parameters,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
): Promise<Evaluation> {
  const tally = new AccuracyTally(network.classes);
  for await (const batch of batches)
    tally.add(await computeLogits(network, parameters, batch), batch.labels, batch.indices);
  return tally.result();
}

/** Logits `[size, classes]` of one batch in inference mode, in ordinary memory. Leaves no tensors behind. */
export async function computeLogits(
  network: Network,
  parameters: Parameters,
  batch: Pick<LabelledBatch, 'images' | 'size'>,
): Promise<Float32Array> {
  const [height, width] = network.inputSize;
  const logits = tf.tidy(() => {
    const images = tf.tensor4d(batch.images, [batch.size, height, width, 3]);
    return forward(network, parameters, images, { training: false }).logits;
  });
  try {
    return await logits.data<'float32'>();
  } finally {
    logits.dispose();
  }
}
