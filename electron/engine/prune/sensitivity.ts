import type { Network } from '../model/network.ts';
import type { Weights } from '../model/weights.ts';
import { type ChannelGroup, channelGroups } from './channel-groups.ts';
import { cutNetwork } from './cut-network.ts';
import { orderByScore } from './order-by-score.ts';

/** How well a network answers some images. */
export interface Judgement {
  /** Mean loss of an image. */
  readonly loss: number;
  /** Share of images guessed right. */
  readonly top1: number;
}

/** A network of which one group has lost its least important channels, and all others are whole; not trained since. */
export interface SensitivityPoint extends Judgement {
  readonly removed: number;
}

/** What a network loses with the channels of one group. */
export interface Sensitivity {
  /** Id of the group. */
  readonly group: string;
  readonly channels: number;
  /** By removed channels, ascending; the first has lost none. */
  readonly points: readonly SensitivityPoint[];
}

/** Shares of a group's channels after whose removal the network is judged. */
const SHARES = [0.125, 0.25, 0.5, 0.75] as const;

/**
 * Judges a network without some of the channels of one group, for each prunable group (Li et al. 2017, "Pruning Filters for
 * Efficient ConvNets", section 3.2). Judges `4 · groups + 1` networks.
 *
 * @param scores by group id, `[channels]`: the lowest go first
 * @param judge the same for the same network, and on images that nothing is chosen by afterwards
 * @param onGroup told of each group that is done
 */
export async function measureSensitivity(
  { network, weights }: { network: Network; weights: Weights },
  {
    scores,
    judge,
    onGroup,
  }: {
    scores: ReadonlyMap<string, Float32Array>;
    judge: (model: { network: Network; weights: Weights }) => Promise<Judgement>;
    onGroup?: (done: number, of: number) => void;
  },
): Promise<Sensitivity[]> {
  const whole = await judge({ network, weights });
  const groups = channelGroups(network).filter(({ prunable }) => prunable);
  const sensitivities: Sensitivity[] = [];
  for (const { id, channels } of groups) {
    const order = orderByScore(scores.get(id)!); // Every prunable group has scores.
    const points: SensitivityPoint[] = [{ removed: 0, ...whole }];
    for (const removed of listRemovals({ channels })) {
      const keep = new Map([[id, order.slice(removed).sort()]]);
      points.push({ removed, ...(await judge(cutNetwork(network, weights, { keep }))) });
    }
    sensitivities.push({ group: id, channels, points });
    onGroup?.(sensitivities.length, groups.length);
  }
  return sensitivities;
}

/** Numbers of channels to remove; narrow groups have fewer different ones. */
function listRemovals({ channels }: Pick<ChannelGroup, 'channels'>): number[] {
  const all = SHARES.map((share) => Math.min(channels - 1, Math.round(share * channels)));
  return [...new Set(all)].filter((removed) => removed > 0);
}

/**
 * What each channel of a group is worth by what the network lost without it, `[channels]`: the rise of the loss between two
 * points is shared among the channels that went between them, in proportion to their scores. A rise is at least as steep as
 * those before it, so that the order of the scores stays; beyond the last point it is as steep as there.
 *
 * @param scores `[channels]`, not negative: those by which the channels went
 */
export function scoreBySensitivity({ channels, points }: Sensitivity, scores: Float32Array): Float32Array {
  const order = orderByScore(scores);
  const slopes = findSlopes(points);
  slopes.push(slopes.at(-1) ?? 0); // Of the channels that it was never without.
  const worth = new Float32Array(channels);
  let floor = 0;
  slopes.forEach((slope, i) => {
    const some = order.subarray(points[i]!.removed, points[i + 1]?.removed ?? channels);
    const mean = some.reduce((sum, channel) => sum + scores[channel]!, 0) / some.length;
    for (const channel of some) {
      floor = Math.max(floor, slope * (mean > 0 ? scores[channel]! / mean : 1));
      worth[channel] = floor;
    }
  });
  return worth;
}

/** Rise of the loss for each channel between two points, never less than before: neighbours that are less steep are joined. */
function findSlopes(points: readonly SensitivityPoint[]): number[] {
  const joined: { slope: number; channels: number; parts: number }[] = [];
  for (let i = 1; i < points.length; i++) {
    const channels = points[i]!.removed - points[i - 1]!.removed;
    let last = { slope: (points[i]!.loss - points[i - 1]!.loss) / channels, channels, parts: 1 };
    for (let before = joined.at(-1); before && before.slope > last.slope; before = joined.at(-1)) {
      const all = before.channels + last.channels;
      const slope = (before.slope * before.channels + last.slope * last.channels) / all;
      last = { slope, channels: all, parts: before.parts + last.parts };
      joined.pop();
    }
    joined.push(last);
  }
  return joined.flatMap(({ slope, parts }) => Array<number>(parts).fill(Math.max(0, slope)));
}
