import { DecantError } from '../../core/errors.ts';
import type { HostTensor, Weights } from '../../model/weights.ts';
import type { ChannelGroup, GroupMember } from '../channel-groups.ts';

/** A parameter by name. Throws DecantError `weights.mismatch` when it is missing. */
export function parameterOf(weights: Weights, name: string): HostTensor {
  const tensor = weights.get(name);
  if (!tensor) {
    throw new DecantError(
      'weights.mismatch',
      `The weights lack "${name}", which the network has; load a complete file.`,
      {
        parameter: name,
      },
    );
  }
  return tensor;
}

/** Weight members of a group that carry its feature map: kernels that make, follow or read the channels, gates left out. */
export function kernelMembers(group: ChannelGroup): GroupMember[] {
  return group.members.filter((member) => member.role === 'weight' && !group.gates.includes(member.node));
}

/** Sum of `term(value)` over everything that belongs to one channel, `[channels]`. */
export function sumPerChannel(tensor: HostTensor, axis: number, term: (value: number) => number): Float64Array {
  const { channels, inner } = stridesOf(tensor, axis);
  const sums = new Float64Array(channels);
  const { values } = tensor;
  for (let start = 0, channel = 0; start < values.length; start += inner, channel = (channel + 1) % channels) {
    let sum = 0;
    for (let i = start; i < start + inner; i++) sum += term(values[i]!);
    sums[channel]! += sum;
  }
  return sums;
}

/** The values that belong to each channel as rows, `[channels, size]`. */
export function rowsPerChannel(tensor: HostTensor, axis: number): { rows: Float32Array; size: number } {
  const { channels, inner, outer } = stridesOf(tensor, axis);
  const size = outer * inner;
  const rows = new Float32Array(tensor.values.length);
  for (let o = 0, source = 0; o < outer; o++) {
    for (let channel = 0; channel < channels; channel++, source += inner) {
      rows.set(tensor.values.subarray(source, source + inner), channel * size + o * inner);
    }
  }
  return { rows, size };
}

/** Channels along an axis, and how many values lie inside and outside of it. */
export function stridesOf(tensor: HostTensor, axis: number): { channels: number; inner: number; outer: number } {
  const channels = tensor.shape[axis]!;
  const inner = tensor.shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const outer = tensor.shape.slice(0, axis).reduce((product, extent) => product * extent, 1);
  return { channels, inner, outer };
}

/**
 * Mean over a group's kernels of a norm per channel, each kernel's norms first divided by their own mean, so that no
 * kernel outweighs another by its size or scale.
 */
export function averageNorms(
  group: ChannelGroup,
  weights: Weights,
  norm: (tensor: HostTensor, axis: number) => Float64Array,
): Float32Array {
  const members = kernelMembers(group);
  const scores = new Float32Array(group.channels);
  for (const member of members) {
    const norms = norm(parameterOf(weights, member.parameter), member.axis);
    const mean = norms.reduce((sum, value) => sum + value, 0) / norms.length;
    if (mean > 0) for (let i = 0; i < scores.length; i++) scores[i]! += norms[i]! / mean / members.length;
  }
  return scores;
}
