import type { Network } from '../model/network.ts';
import type { HostTensor, Weights } from '../model/weights.ts';
import { channelGroups } from './channel-groups.ts';
import { checkKept, type KeptChannels } from './cut-network.ts';
import { parameterOf, stridesOf } from './importance/channel-slices.ts';

/**
 * Weights of the uncut network in which the channels that a selection removes are dead: everything that makes or follows
 * them is zero (kernels, biases, batch-norm gamma, beta and mean), so that their maps are zero after every activation that
 * keeps zero, and everything that reads them is zero, so that a constant left by one that does not (hard-sigmoid, in
 * gates) has no effect. The masked network computes what the cut one does. Nothing that was given is changed.
 *
 * @throws DecantError `network.invalid` or `weights.mismatch`
 */
export function maskWeights(network: Network, weights: Weights, selection: KeptChannels): Weights {
  const groups = channelGroups(network);
  checkKept(groups, selection);
  const result: Weights = new Map(weights);
  for (const group of groups) {
    const kept = selection.keep.get(group.id);
    if (!kept) continue;
    for (const { parameter, role, axis } of group.members) {
      // The variance stays: zero would be another division, and gamma is zero already.
      if (role !== 'variance') result.set(parameter, zeroOthers(parameterOf(result, parameter), axis, kept));
    }
  }
  return result;
}

function zeroOthers(tensor: HostTensor, axis: number, kept: Int32Array): HostTensor {
  const { channels, inner, outer } = stridesOf(tensor, axis);
  const values = new Float32Array(tensor.values.length);
  for (let o = 0; o < outer; o++) {
    for (const channel of kept) {
      const start = (o * channels + channel) * inner;
      values.set(tensor.values.subarray(start, start + inner), start);
    }
  }
  return { shape: tensor.shape, values };
}
