import type * as tf from '@tensorflow/tfjs-core';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { type ForwardResult, forward } from './forward.ts';
import { inputsOf, type Network } from './network.ts';
import { Parameters } from './parameters.ts';
import { checkTaps } from './taps.ts';
import type { Weights } from './weights.ts';

/**
 * A network on the active back end for inference: batch norm folded into the convolutions unless a tap lies between the
 * two, which is faster and equal up to rounding. Whoever makes one calls `dispose`.
 */
export class InferenceNetwork {
  /** The network as it was given. */
  readonly network: Network;
  readonly #folded: Network;
  readonly #parameters: Parameters;
  /** Where a tap is found in the folded network. */
  readonly #places: ReadonlyMap<string, string>;

  /**
   * Copies the weights to the back end.
   *
   * @param taps names of all nodes whose outputs will be wanted
   * @throws DecantError `network.invalid` for an unknown tap, `weights.mismatch`
   */
  constructor({ network, weights }: { network: Network; weights: Weights }, taps: readonly string[] = []) {
    checkTaps(network, taps);
    const folded = taps.some((tap) => feedsBatchNorm(network, tap))
      ? { network, weights }
      : foldBatchNorm(network, weights);
    this.network = network;
    this.#folded = folded.network;
    this.#places = new Map(taps.map((tap) => [tap, findFolded(network, folded.network, tap)]));
    this.#parameters = Parameters.fromWeights(folded.network, folded.weights);
  }

  /**
   * Logits, and the outputs of some of its taps, of images `[batch, height, width, channels]`. The caller disposes them.
   *
   * @throws DecantError `network.invalid` for images of another size
   */
  forward(images: tf.Tensor4D, taps: readonly string[] = []): Pick<ForwardResult, 'logits' | 'taps'> {
    const places = taps.map((tap) => this.#places.get(tap)!);
    const output = forward(this.#folded, this.#parameters, images, { training: false, taps: [...new Set(places)] });
    return { logits: output.logits, taps: new Map(taps.map((tap, i) => [tap, output.taps.get(places[i]!)!])) };
  }

  /** Frees its variables. */
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
