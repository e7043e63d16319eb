import { DecantError } from '../../core/errors.ts';
import type { Network } from '../../model/network.ts';
import { type ChannelGroup, channelGroups } from '../channel-groups.ts';
import { type Piece, splitNetwork } from './split-network.ts';

/** Milliseconds by `keyOf` of a piece at some widths. */
export type PieceTimes = ReadonlyMap<string, number>;

/** A piece at widths at which it is timed. */
export interface TimedPoint {
  readonly key: string;
  build(): Network;
}

/** Everything that has to be timed to predict a network and all that can be cut from it, each once. */
export function listPoints(full: Network): TimedPoint[] {
  const { pieces, frames } = splitNetwork(full);
  const points = new Map<string, TimedPoint>();
  for (const piece of [...pieces, ...frames])
    for (const widths of crossLevels(piece)) {
      const key = keyOf(piece, widths);
      if (!points.has(key)) points.set(key, { key, build: () => piece.build(widths) });
    }
  return [...points.values()];
}

/** One axis of a piece as the groups of a network have it. */
interface BoundAxis {
  readonly levels: readonly number[];
  readonly stride: number;
  readonly node: string;
}

interface TimedPiece {
  /** 1 for a piece, -1 for the frame between two. */
  readonly sign: 1 | -1;
  readonly axes: readonly BoundAxis[];
  /** At all levels, the last axis first. */
  readonly times: Float64Array;
}

/**
 * Predicts how long a network, and all that can be cut from it, takes: the sum of its pieces, less the frames between them,
 * each interpolated linearly along every number of channels, and continued in a straight line beyond the smallest.
 */
export class LatencyModel {
  readonly #pieces: readonly TimedPiece[];

  /**
   * @param full the network before any cut, which decides the widths that were timed
   * @throws DecantError `latency.unknown` where times are missing
   */
  constructor(full: Network, times: PieceTimes) {
    const { pieces, frames } = splitNetwork(full);
    const timed = (sign: 1 | -1) => (piece: Piece) => timePiece(piece, sign, times);
    this.#pieces = [...pieces.map(timed(1)), ...frames.map(timed(-1))];
  }

  /** Milliseconds of a network that was cut from the full one, at batch 1. */
  predict(network: Network): number {
    const groups = channelGroups(network);
    return this.bind(groups)(groups.map(({ channels }) => channels));
  }

  /** The prediction as a function of the channel counts of `groups`, in their order. */
  bind(groups: readonly ChannelGroup[]): (widths: ArrayLike<number>) => number {
    const groupOf = new Map(groups.flatMap((group, index) => group.nodes.map((node) => [node, index] as const)));
    const bound = this.#pieces.map((piece) => ({ piece, groups: piece.axes.map(({ node }) => groupOf.get(node)!) }));
    return (widths) => {
      let sum = 0;
      for (const { piece, groups: indices } of bound) sum += piece.sign * interpolate(piece, indices, widths, 0, 0);
      return sum;
    };
  }
}

function keyOf(piece: Piece, widths: readonly number[]): string {
  return `${piece.structure} @ ${widths.join()}`;
}

/** All combinations of a piece's levels, the last axis changing first. */
function crossLevels({ axes }: Piece): number[][] {
  return axes.reduce<number[][]>(
    (points, { levels }) => points.flatMap((point) => levels.map((level) => [...point, level])),
    [[]],
  );
}

function timePiece(piece: Piece, sign: 1 | -1, times: PieceTimes): TimedPiece {
  const found = crossLevels(piece).map((widths) => {
    const time = times.get(keyOf(piece, widths));
    if (time !== undefined) return time;
    throw new DecantError(
      'latency.unknown',
      'The latency table has not timed all pieces of this network; measure it for this network.',
    );
  });
  let stride = found.length;
  const axes = piece.axes.map(({ node, levels }) => {
    stride /= levels.length;
    return { node, levels, stride };
  });
  return { sign, axes, times: Float64Array.from(found) };
}

/** Between the two levels around a width, or along the line of the two nearest, axis by axis. */
function interpolate(
  piece: TimedPiece,
  groups: readonly number[],
  widths: ArrayLike<number>,
  axis: number,
  offset: number,
): number {
  const { levels, stride } = piece.axes[axis] ?? { levels: [], stride: 0 };
  if (axis === piece.axes.length) return piece.times[offset]!;
  if (levels.length === 1) return interpolate(piece, groups, widths, axis + 1, offset);
  const width = widths[groups[axis]!]!;
  let upper = 1;
  while (upper < levels.length - 1 && width > levels[upper]!) upper++;
  const [low, high] = [levels[upper - 1]!, levels[upper]!];
  const share = (width - low) / (high - low);
  const at = (level: number) => interpolate(piece, groups, widths, axis + 1, offset + level * stride);
  if (share === 0) return at(upper - 1);
  if (share === 1) return at(upper);
  return (1 - share) * at(upper - 1) + share * at(upper);
}
