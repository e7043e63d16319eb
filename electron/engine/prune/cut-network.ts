import { DecantError } from '../core/errors.ts';
import type { Network } from '../model/network.ts';
import type { HostTensor, Weights } from '../model/weights.ts';
import { type ChannelGroup, channelGroups, groupOfNode } from './channel-groups.ts';
import { parameterOf, stridesOf } from './importance/channel-slices.ts';
import { resizeNetwork } from './resize-network.ts';

/** Which channels stay, by group id, ascending; groups that are not named stay whole. */
export interface KeptChannels {
  readonly keep: ReadonlyMap<string, Int32Array>;
}

export interface CutResult {
  readonly network: Network;
  readonly weights: Weights;
  readonly slots: Weights[];
}

/**
 * Removes channels: a description with smaller counts, and weights without the removed entries. `slots` are further sets
 * of numbers with the parameters' names (momentum, Adam moments, averaged weights); they are cut alike, may lack
 * parameters, and names that are no parameters pass through. Nothing that was given is changed.
 *
 * @throws DecantError `network.invalid` when the selection does not fit the network, `weights.mismatch` when the weights do not
 */
export function cutNetwork(
  network: Network,
  weights: Weights,
  selection: KeptChannels,
  slots: readonly Weights[] = [],
): CutResult {
  const groups = channelGroups(network);
  checkKept(groups, selection);
  const widths = new Map([...selection.keep].map(([id, kept]) => [id, kept.length]));
  return {
    network: resizeNetwork(network, groups, widths),
    weights: cutWeights(groups, weights, selection, true),
    slots: slots.map((slot) => cutWeights(groups, slot, selection, false)),
  };
}

/**
 * Puts the channels of each group in an order: all of `order`, by group id, names each channel once. What the network
 * computes stays the same, but for the order of its sums. `slots` as in `cutNetwork`. Nothing that was given is changed.
 *
 * @throws DecantError `network.invalid` when the order is none of this network's channels, `weights.mismatch`
 */
export function orderChannels(
  network: Network,
  weights: Weights,
  { keep: order }: KeptChannels,
  slots: readonly Weights[] = [],
): Omit<CutResult, 'network'> {
  const groups = channelGroups(network);
  checkKept(groups, { keep: new Map([...order].map(([id, channels]) => [id, channels.toSorted()])) });
  for (const { id, channels } of groups) {
    const given = order.get(id)?.length ?? channels;
    if (given === channels) continue;
    throw new DecantError(
      'network.invalid',
      `An order of "${id}" names ${given} of its ${channels} channels; name each once.`,
      { group: id },
    );
  }
  return {
    weights: cutWeights(groups, weights, { keep: order }, true),
    slots: slots.map((slot) => cutWeights(groups, slot, { keep: order }, false)),
  };
}

/** Indices of a node's output channels that stay under a selection, ascending: what an adapter on that node must keep. */
export function keptChannelsOf(network: Network, selection: KeptChannels, node: string): Int32Array {
  const group = groupOfNode(channelGroups(network), node);
  if (!group)
    throw new DecantError('network.invalid', `The network has no node "${node}"; name one that it has.`, { node });
  return selection.keep.get(group.id) ?? Int32Array.from({ length: group.channels }, (_, i) => i);
}

/** Keeps the entries `kept` of one axis. */
export function cutAxis(tensor: HostTensor, axis: number, kept: Int32Array): HostTensor {
  const { channels, inner, outer } = stridesOf(tensor, axis);
  const shape = tensor.shape.map((extent, i) => (i === axis ? kept.length : extent));
  const values = new Float32Array(outer * kept.length * inner);
  let target = 0;
  for (let o = 0; o < outer; o++) {
    for (const channel of kept) {
      const source = (o * channels + channel) * inner;
      values.set(tensor.values.subarray(source, source + inner), target);
      target += inner;
    }
  }
  return { shape, values };
}

/**
 * Checks that a selection names prunable groups of this network and, for each, ascending channels that it has.
 *
 * @throws DecantError `network.invalid`
 */
export function checkKept(groups: readonly ChannelGroup[], selection: KeptChannels): void {
  for (const [id, kept] of selection.keep) {
    const group = groups.find((candidate) => candidate.id === id);
    const fault = findFault(group, kept);
    if (fault === undefined) continue;
    throw new DecantError('network.invalid', `Channels of "${id}" cannot be cut: ${fault}; select on this network.`, {
      group: id,
    });
  }
}

function findFault(group: ChannelGroup | undefined, kept: Int32Array): string | undefined {
  if (!group) return 'the network has no such channel group';
  if (!group.prunable) return "the network's input and logits are fixed, and so are the channels of frozen layers";
  if (kept.length === 0) return 'no channel would be left';
  if (kept.some((channel, i) => channel <= (kept[i - 1] ?? -1))) return 'the kept channels are not in ascending order';
  const last = kept.at(-1)!;
  if (last >= group.channels) return `channel ${last} is kept where it has ${group.channels}`;
  return undefined;
}

function cutWeights(
  groups: readonly ChannelGroup[],
  weights: Weights,
  selection: KeptChannels,
  complete: boolean,
): Weights {
  const result: Weights = new Map(weights);
  for (const group of groups) {
    const kept = selection.keep.get(group.id);
    if (!kept) continue;
    for (const { parameter, axis } of group.members) {
      if (!complete && !result.has(parameter)) continue;
      const tensor = parameterOf(result, parameter);
      if (tensor.shape[axis] !== group.channels) {
        throw new DecantError(
          'weights.mismatch',
          `"${parameter}" is ${tensor.shape.join(' x ')} where axis ${axis} should have ${group.channels} channels; ` +
            'use the weights that belong to this network.',
          { parameter, shape: tensor.shape, axis, channels: group.channels },
        );
      }
      result.set(parameter, cutAxis(tensor, axis, kept));
    }
  }
  return result;
}
