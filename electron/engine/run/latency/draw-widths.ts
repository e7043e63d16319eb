import { Random } from '../../core/random.ts';
import type { Network } from '../../model/index.ts';
import { channelGroups, resizeNetwork, WIDTH_STEP } from '../../prune/index.ts';

/** Smallest share of its channels that a layer keeps: `prune.floor`'s default. */
const FLOOR = 0.15;

/** Networks that could be cut from one: of each group of channels a random number. The same ones each time for a purpose. */
export function drawWidths(full: Network, count: number, purpose: 'calibration' | 'checks'): Network[] {
  const groups = channelGroups(full);
  const random = new Random('latency').fork(purpose, full.architecture, ...full.inputSize);
  return Array.from({ length: count }, (_, i) => {
    const draw = random.fork('widths', i);
    const widths = groups.flatMap(({ id, channels, prunable }): [string, number][] => {
      const most = Math.floor(channels / WIDTH_STEP);
      const least = Math.max(1, Math.ceil((FLOOR * channels) / WIDTH_STEP));
      return prunable && most > least ? [[id, WIDTH_STEP * (least + draw.integer(most - least + 1))]] : [];
    });
    return resizeNetwork(full, groups, new Map(widths));
  });
}
