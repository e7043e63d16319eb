import { parameterOf } from './channel-slices.ts';
import type { Importance } from './importance.ts';
import { scoreByL2 } from './l2.ts';

/**
 * Mean |gamma| of the group's batch norms (Liu et al. 2017, "Learning Efficient Convolutional Networks through Network
 * Slimming"). Groups without batch norm (squeeze widths, the classifier's hidden layer) are scored by L2.
 */
export const scoreByBatchNormScale: Importance = (group, context) => {
  const members = group.members.filter((member) => member.role === 'gamma');
  if (members.length === 0) return scoreByL2(group, context);
  const scores = new Float32Array(group.channels);
  for (const member of members) {
    const { values } = parameterOf(context.weights, member.parameter);
    for (let i = 0; i < scores.length; i++) scores[i]! += Math.abs(values[i]!) / members.length;
  }
  return scores;
};
