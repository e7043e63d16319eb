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

/** One place where a group's channels are born: the parameters that scale or shift a whole channel there. */
interface Gate {
  readonly group: string;
  readonly parameters: readonly { readonly name: string /** Axis over the channels. */; readonly axis: number }[];
}

/**
 * Gathers first-order Taylor importance (Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning") from
 * the gradients that training computes anyway.
 *
 * A channel's importance is (sum of gradient · value)² averaged over batches, the sum running over the parameters that a
 * factor on the channel would multiply. Where a batch norm follows, these are its gamma and beta alone: the sum is then
 * exactly the derivative of the loss by a factor on the batch norm's output (the paper's best variant, "gate after batch
 * norm"), and costs two vectors instead of a kernel. Elsewhere (squeeze widths, the classifier's hidden layer) they are
 * the layer's kernel and bias. Of coupled layers the derivatives are added before squaring: they go together. Layers that
 * only make a gate are left out, since a removed channel's gate multiplies nothing.
 *
 * Keeps one small tensor; `dispose` frees it.
 */
export class TaylorAccumulator {
  readonly #groups: readonly ChannelGroup[];
  readonly #gates: readonly Gate[];
  readonly #channels: number;
  #sums: tf.Tensor1D | null;
  #batches: number;

  /** @param state what an accumulator for this network gave with `toState`, to go on from */
  constructor(network: Network, state?: TaylorState) {
    this.#groups = channelGroups(network).filter((group) => group.prunable);
    this.#gates = this.#groups.flatMap((group) => listGates(network, group));
    this.#channels = this.#groups.reduce((sum, group) => sum + group.channels, 0);
    this.#batches = state?.batches ?? 0;
    this.#sums = state && state.batches > 0 ? this.#joinState(state) : null;
  }

  /** Names of the parameters whose gradients are read. */
  get parameters(): string[] {
    return this.#gates.flatMap((gate) => gate.parameters.map(({ name }) => name));
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
        const slopes = new Map<string, tf.Tensor1D[]>();
        for (const gate of this.#gates) {
          const slope = gate.parameters.map(({ name, axis }) =>
            slopePerChannel(read(gradients, name, 'gradient'), read(values, name, 'value'), axis),
          );
          slopes.set(gate.group, [...(slopes.get(gate.group) ?? []), ...slope]);
        }
        const joined = tf.concat1d(this.#groups.map((group) => tf.addN(slopes.get(group.id)!)));
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

/** Batch norms of a group, and those of its producers and followers that no batch norm follows, without gate makers. */
function listGates(network: Network, group: ChannelGroup): Gate[] {
  const normalized = new Set(network.nodes.flatMap((node) => (node.op === 'batchNorm' ? [node.input] : [])));
  const places = new Map<string, { name: string; axis: number }[]>();
  for (const member of group.members) {
    const trained = member.role !== 'mean' && member.role !== 'variance';
    if (member.side === 'input' || !trained || group.gates.includes(member.node)) continue;
    if (normalized.has(member.node)) continue;
    const place = places.get(member.node) ?? [];
    place.push({ name: member.parameter, axis: member.axis });
    places.set(member.node, place);
  }
  return [...places.values()].map((parameters) => ({ group: group.id, parameters }));
}

/** Sum of gradient · value over everything but the channels' axis. */
function slopePerChannel(gradient: tf.Tensor, value: tf.Tensor, axis: number): tf.Tensor1D {
  const product = tf.mul(gradient, value);
  const others = product.shape.map((_, i) => i).filter((i) => i !== axis);
  return (others.length > 0 ? tf.sum(product, others) : product) as tf.Tensor1D; // One axis is left.
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
