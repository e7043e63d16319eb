import type { ChannelGroup } from '../channel-groups.ts';

/** Widths are timed at multiples of this, as phones' kernels are made for them. */
export const WIDTH_STEP = 8;
/** The smallest and the middle number of channels that is timed, as shares of the full one. The smallest is `prune.floor`'s default. */
const LEAST = 0.15;
const MIDDLE = 0.5;
/** Numbers of classes at which a classifier is timed. */
const CLASSES = [10, 1000] as const;

/**
 * Numbers of channels at which a group is timed, rising. What lies between is interpolated along straight lines: time is nearly
 * linear in each number of channels where the others stay. A third level in the middle takes what caches and vector units
 * bend; vectors, whose layers only read weights, need none. Channels that pruning never changes have one level.
 */
export function listLevels(group: ChannelGroup, { logits, onePixel }: { logits: string; onePixel: boolean }): number[] {
  const { channels } = group;
  if (group.nodes.includes(logits)) return [...CLASSES];
  if (!group.prunable) return [channels];
  const levels = [LEAST, ...(onePixel ? [] : [MIDDLE])].map((share) => roundUp(share * channels));
  return [...new Set([...levels.filter((level) => level < channels), channels])];
}

function roundUp(channels: number): number {
  return Math.max(WIDTH_STEP, Math.ceil(channels / WIDTH_STEP - 1e-9) * WIDTH_STEP);
}
