import { averageNorms, sumPerChannel } from './channel-slices.ts';
import type { Importance } from './importance.ts';

/** L2 norm of a channel's kernels (He et al. 2018, "Soft Filter Pruning"), averaged over the group. */
export const scoreByL2: Importance = (group, { weights }) =>
  averageNorms(group, weights, (tensor, axis) => sumPerChannel(tensor, axis, (value) => value * value).map(Math.sqrt));
