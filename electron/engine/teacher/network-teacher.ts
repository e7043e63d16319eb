import type * as tf from '@tensorflow/tfjs-core';
import {
  countNetwork,
  embeddingLength,
  embeddingTap,
  featureShapes,
  foldBatchNorm,
  forward,
  inputsOf,
  type Network,
  Parameters,
  type Weights,
} from '../model/index.ts';
import type { Teacher, TeacherWish } from './teacher.ts';

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
  let opened: Folded | null = null;
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
      opened ??= new Folded(model, taps);
      return opened.forward(images, wish, embedding);
    },
    async close() {
      opened?.dispose();
      opened = null;
    },
  };
}

/** A network on the back end, folded as far as its taps allow. */
class Folded {
  readonly #network: Network;
  readonly #parameters: Parameters;
  /** Where a tap is found in the folded network. */
  readonly #taps: ReadonlyMap<string, string>;

  constructor({ network, weights }: { network: Network; weights: Weights }, taps: readonly string[]) {
    const folded = taps.some((tap) => feedsBatchNorm(network, tap))
      ? { network, weights }
      : foldBatchNorm(network, weights);
    this.#network = folded.network;
    this.#taps = new Map(taps.map((tap) => [tap, findFolded(network, folded.network, tap)]));
    this.#parameters = Parameters.fromWeights(folded.network, folded.weights);
  }

  forward(images: tf.Tensor4D, { taps, embedding: wished }: TeacherWish, embedding: string) {
    const places = new Set(taps.map((tap) => this.#taps.get(tap)!));
    if (wished) places.add(embedding);
    const output = forward(this.#network, this.#parameters, images, { training: false, taps: [...places] });
    return {
      logits: output.logits,
      taps: new Map(taps.map((tap) => [tap, output.taps.get(this.#taps.get(tap)!) as tf.Tensor4D])), // Feature maps only.
      embedding: wished ? (output.taps.get(embedding) as tf.Tensor2D) : null, // It enters the classifier, and so is flat.
    };
  }

  dispose(): void {
    this.#parameters.dispose();
  }
}

/** Whether folding would change what a node gives, because a batch norm is merged into it. */
function feedsBatchNorm({ nodes }: Network, name: string): boolean {
  return nodes.some((node) => node.op === 'batchNorm' && node.input === name);
}

/** A batch norm without activation vanishes when it is folded: its convolution then gives what it gave. */
function findFolded(network: Network, folded: Network, tap: string): string {
  if (folded.nodes.some(({ name }) => name === tap)) return tap;
  return inputsOf(network.nodes.find(({ name }) => name === tap)!)[0]!;
}
