import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { forward, Parameters } from '../model/index.ts';
import type { Network } from '../model/network.ts';
import type { Weights } from '../model/weights.ts';
import type { KeptChannels } from './cut-network.ts';
import { maskWeights } from './mask-weights.ts';

/** Largest allowed difference between masked and cut logits, as a share of the logits' range. */
export const CUT_TOLERANCE = 1e-4;

export interface CutVerification {
  /** Largest |difference| of any logit. */
  readonly maxDifference: number;
  /** Largest minus smallest logit of the masked original. */
  readonly range: number;
}

/**
 * Computes the masked original and the cut network on the same images, on the back end that is in use, and compares
 * their logits.
 *
 * @param images pixels `[count, height, width, channels]` as flat numbers; drawn from a normal distribution when left out
 * @throws DecantError `prune.mismatch` when they differ by more than `tolerance` of the logits' range
 */
export async function verifyCut(
  original: { readonly network: Network; readonly weights: Weights },
  cut: { readonly network: Network; readonly weights: Weights },
  selection: KeptChannels,
  {
    images = drawImages(original.network, 2),
    tolerance = CUT_TOLERANCE,
  }: { readonly images?: Float32Array | undefined; readonly tolerance?: number | undefined } = {},
): Promise<CutVerification> {
  const masked = maskWeights(original.network, original.weights, selection);
  const expected = await computeLogits(original.network, masked, images);
  const actual = await computeLogits(cut.network, cut.weights, images);
  let [low, high, maxDifference] = [Infinity, -Infinity, 0];
  expected.forEach((value, i) => {
    low = Math.min(low, value);
    high = Math.max(high, value);
    maxDifference = Math.max(maxDifference, Math.abs(value - actual[i]!)); // A NaN stays one.
  });
  const range = high - low;
  if (!(maxDifference <= tolerance * Math.max(range, Number.MIN_VALUE)) || expected.length !== actual.length) {
    throw new DecantError(
      'prune.mismatch',
      `The cut network's logits differ from the masked original's by ${maxDifference.toExponential(2)} where the range is ` +
        `${range.toExponential(2)} (allowed: ${tolerance} of it); please report this with the network's description.`,
      { maxDifference, range, tolerance },
    );
  }
  return { maxDifference, range };
}

async function computeLogits(network: Network, weights: Weights, images: Float32Array): Promise<Float32Array> {
  const parameters = Parameters.fromWeights(network, weights);
  try {
    const [height, width] = network.inputSize;
    const channels = inputChannels(network);
    const logits = tf.tidy(() => {
      const batch = tf.tensor4d(images, [images.length / (height * width * channels), height, width, channels]);
      return forward(network, parameters, batch, { training: false }).logits;
    });
    try {
      return await logits.data<'float32'>();
    } finally {
      logits.dispose();
    }
  } finally {
    parameters.dispose();
  }
}

function drawImages(network: Network, count: number): Float32Array {
  const random = new Random('verify-cut');
  const [height, width] = network.inputSize;
  return Float32Array.from({ length: count * height * width * inputChannels(network) }, () => random.normal());
}

function inputChannels(network: Network): number {
  const input = network.nodes.find((node) => node.op === 'input');
  if (!input) throw new DecantError('network.invalid', 'The network has no input node; add one.');
  return input.channels;
}
