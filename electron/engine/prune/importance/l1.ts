import { averageNorms, sumPerChannel } from './channel-slices.ts';
import type { Importance } from './importance.ts';

/** L1 norm of a channel's kernels (Li et al. 2017, "Pruning Filters for Efficient ConvNets"), averaged over the group. */
export const scoreByL1: Importance = (group, { weights }) =>
  averageNorms(group, weights, (tensor, axis) => sumPerChannel(tensor, axis, Math.abs));
