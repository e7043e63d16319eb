import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../core/errors.ts';
import type { Network } from '../model/network.ts';
import { type ChannelGroup, channelGroups } from './channel-groups.ts';

/** What an accumulator has gathered, in ordinary memory: for checkpoints. */
export interface TaylorState {
  readonly batches: number;
  /** Sums over batches, by group id. */
  readonly sums: ReadonlyMap<string, Float32Array>;
}

/** Parameters of a group whose gradient · value, summed over everything but the channels, is the slope of the loss. */
interface Slopes {
  readonly group: string;
  readonly parameters: readonly string[];
}

/**
 * Gathers first-order Taylor importance (Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning") from
 * the gradients that training computes anyway.
 *
 * A channel's importance is (derivative of the loss by a factor on the channel)² averaged over batches. Where batch norms
 * make the channels, the derivative by a factor on one's output is exactly gamma · dgamma + beta · dbeta (the paper's best
 * variant, "gate after batch norm"), which costs two vectors instead of a kernel; those of coupled batch norms are added
 * before squaring, since they go together. Elsewhere (squeeze widths, the classifier's hidden layer) it is the sum of
 * weight · gradient over what the readers of the channel multiply it with, which is exact too.
 *
 * Keeps one small tensor; `dispose` frees it.
 */
export class TaylorAccumulator {
  readonly #groups: readonly ChannelGroup[];
  readonly #slopes: readonly Slopes[];
  readonly #channels: number;
  #sums: tf.Tensor1D | null;
  #batches: number;

  /** @param state what an accumulator for this network gave with `toState`, to go on from */
  constructor(network: Network, state?: TaylorState) {
    this.#groups = channelGroups(network).filter((group) => group.prunable);
    this.#slopes = this.#groups.map((group) => listSlopes(network, group));
    this.#channels = this.#groups.reduce((sum, group) => sum + group.channels, 0);
    this.#batches = state?.batches ?? 0;
    this.#sums = state && state.batches > 0 ? this.#joinState(state) : null;
  }

  /** Names of the parameters whose gradients are read. */
  get parameters(): string[] {
    return this.#slopes.flatMap(({ parameters }) => parameters);
  }

  /** Number of batches gathered. */
  get batches(): number {
    return this.#batches;
  }

  /**
   * Adds one batch. `gradients` and `values` are left as they are; both are by parameter name, before the optimizer's update.
   *
   * @throws DecantError `weights.mismatch` when a gradient or value is missing
   */
  add(gradients: ReadonlyMap<string, tf.Tensor>, values: ReadonlyMap<string, tf.Tensor>): void {
    const previous = this.#sums;
    this.#sums = tf.keep(
      tf.tidy(() => {
        const joined = tf.concat1d(
          this.#slopes.map(({ parameters }) =>
            tf.addN(
              parameters.map((name) => slopePerChannel(read(gradients, name, 'gradient'), read(values, name, 'value'))),
            ),
          ),
        );
        const squared = tf.square(joined);
        return previous ? tf.add(previous, squared) : squared;
      }),
    );
    previous?.dispose();
    this.#batches++;
  }

  /** Mean importance by group id, `[channels]`: zeros before the first batch. What `ImportanceContext.taylor` wants. */
  async scores(): Promise<Map<string, Float32Array>> {
    const { batches, sums } = await this.toState();
    return new Map([...sums].map(([id, values]) => [id, values.map((value) => value / Math.max(1, batches))]));
  }

  /** Everything gathered so far, to be handed to a new accumulator. */
  async toState(): Promise<TaylorState> {
    const values = this.#sums ? await this.#sums.data<'float32'>() : new Float32Array(this.#channels);
    const sums = new Map<string, Float32Array>();
    let start = 0;
    for (const { id, channels } of this.#groups) {
      sums.set(id, values.slice(start, start + channels));
      start += channels;
    }
    return { batches: this.#batches, sums };
  }

  /** Forgets everything gathered. */
  reset(): void {
    this.#sums?.dispose();
    this.#sums = null;
    this.#batches = 0;
  }

  /** Frees the tensor; the accumulator is empty afterwards. */
  dispose(): void {
    this.reset();
  }

  #joinState(state: TaylorState): tf.Tensor1D {
    const values = new Float32Array(this.#channels);
    let start = 0;
    for (const group of this.#groups) {
      const sums = state.sums.get(group.id);
      if (sums?.length !== group.channels) {
        throw new DecantError(
          'checkpoint.unreadable',
          `The saved importance has ${sums?.length ?? 'no'} numbers for the ${group.channels} channels of "${group.id}"; ` +
            'start the run again from an earlier checkpoint.',
          { group: group.id },
        );
      }
      values.set(sums, start);
      start += group.channels;
    }
    return tf.keep(tf.tensor1d(values));
  }
}

/** Gamma and beta of a group's batch norms where they make all its maps; the kernels that read the group otherwise. */
function listSlopes(network: Network, { id, members, gates, producers }: ChannelGroup): Slopes {
  const normalized = new Set(network.nodes.flatMap((node) => (node.op === 'batchNorm' ? [node.input] : [])));
  const byNorms = producers.every((name) => normalized.has(name) || gates.includes(name));
  const chosen = members.filter(({ node, role, side }) =>
    byNorms ? (role === 'gamma' || role === 'beta') && !gates.includes(node) : side === 'input',
  );
  return { group: id, parameters: chosen.map(({ parameter }) => parameter) };
}

/**
 * Sum of gradient · value for each channel: of a vector `[channels]`, or of a kernel `[channels, out]` or
 * `[kernel, kernel, channels, out]` that reads the channels. Reduced from the last axis on, which needs no transposition.
 */
function slopePerChannel(gradient: tf.Tensor, value: tf.Tensor): tf.Tensor1D {
  const product = tf.mul(gradient, value);
  if (product.rank === 1) return product as tf.Tensor1D; // Its rank was just seen.
  const perInput = tf.sum(product, product.rank - 1);
  return (perInput.rank === 1 ? perInput : tf.sum(perInput, [0, 1])) as tf.Tensor1D; // Only the channels are left.
}

function read(tensors: ReadonlyMap<string, tf.Tensor>, name: string, what: string): tf.Tensor {
  const tensor = tensors.get(name);
  if (!tensor) {
    throw new DecantError('weights.mismatch', `Taylor importance needs the ${what} of "${name}"; pass it too.`, {
      name,
    });
  }
  return tensor;
}
