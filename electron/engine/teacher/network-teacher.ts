import type * as tf from '@tensorflow/tfjs-core';
import {
  countNetwork,
  embeddingLength,
  embeddingTap,
  featureShapes,
  InferenceNetwork,
  type Network,
  type Weights,
} from '../model/index.ts';
import type { Teacher } from './teacher.ts';

/** Bytes of a number in an fp32 file. */
const NUMBER_BYTES = 4;

/**
 * A Decant network as a teacher: in inference mode, on the back end, batch norm folded. Its weights are copied to the
 * back end when it is first asked. The owner calls `close`.
 *
 * @param taps names of the nodes whose feature maps are distilled
 */
export function openNetworkTeacher(
  model: { readonly network: Network; readonly weights: Weights },
  taps: readonly string[] = [],
): Teacher {
  const { network } = model;
  const shapes = featureShapes(network);
  const embedding = embeddingTap(network);
  const { parameters, macs } = countNetwork(network);
  let opened: InferenceNetwork | null = null;
  return {
    description: {
      name: network.architecture,
      inputSize: network.inputSize,
      parameters,
      macs,
      sizeBytes: NUMBER_BYTES * parameters,
    },
    model,
    channels: new Map(taps.map((tap) => [tap, shapes.get(tap)![2]])),
    embeddingLength: embeddingLength(network),
    answer: () => Promise.resolve(null),
    forward(images, wish) {
      opened ??= new InferenceNetwork(model, [...taps, embedding]);
      const output = opened.forward(images, [...wish.taps, ...(wish.embedding ? [embedding] : [])]);
      return {
        logits: output.logits,
        taps: new Map(wish.taps.map((tap) => [tap, output.taps.get(tap) as tf.Tensor4D])), // Feature maps only.
        embedding: wish.embedding ? (output.taps.get(embedding) as tf.Tensor2D) : null, // It enters the classifier, and so is flat.
      };
    },
    async close() {
      opened?.dispose();
      opened = null;
    },
  };
}
