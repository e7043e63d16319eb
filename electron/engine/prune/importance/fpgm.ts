import type { ChannelGroup } from '../channel-groups.ts';
import { parameterOf, rowsPerChannel } from './channel-slices.ts';
import type { Importance } from './importance.ts';

/**
 * Distance to the other channels (He et al. 2019, "Filter Pruning via Geometric Median"): the sum of Euclidean distances
 * from a channel's filter to all others. Filters near the geometric median are the ones that others can replace. Summed
 * over the kernels that make the channels, each divided by its own mean distance.
 */
export const scoreByFpgm: Importance = (group, { weights }) => {
  const members = makingKernels(group);
  const scores = new Float32Array(group.channels);
  for (const member of members) {
    const { rows, size } = rowsPerChannel(parameterOf(weights, member.parameter), member.axis);
    const distances = sumDistances(rows, size);
    const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length;
    if (mean > 0) for (let i = 0; i < scores.length; i++) scores[i]! += distances[i]! / mean / members.length;
  }
  return scores;
};

function makingKernels(group: ChannelGroup) {
  return group.members.filter(
    (member) => member.role === 'weight' && member.side === 'output' && !group.gates.includes(member.node),
  );
}

/** For each row, the sum of its Euclidean distances to all rows. */
function sumDistances(rows: Float32Array, size: number): Float64Array {
  const count = rows.length / size;
  const sums = new Float64Array(count);
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const [startA, startB] = [a * size, b * size];
      let squared = 0;
      for (let i = 0; i < size; i++) {
        const difference = rows[startA + i]! - rows[startB + i]!;
        squared += difference * difference;
      }
      const distance = Math.sqrt(squared);
      sums[a]! += distance;
      sums[b]! += distance;
    }
  }
  return sums;
}
