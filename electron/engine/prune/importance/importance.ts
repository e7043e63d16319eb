import type { Random } from '../../core/random.ts';
import type { Network } from '../../model/network.ts';
import type { Weights } from '../../model/weights.ts';
import type { ChannelGroup } from '../channel-groups.ts';

/** What an importance may look at besides the group itself. */
export interface ImportanceContext {
  readonly network: Network;
  readonly weights: Weights;
  /** Only `random` draws; it forks by group, so that one group's scores do not depend on the others'. */
  readonly random: Random;
  /** What a `TaylorAccumulator` gathered, by group id; `taylor` needs it. */
  readonly taylor?: ReadonlyMap<string, Float32Array> | undefined;
  /** What `scoreBySensitivity` gave, by group id; `sensitivity` needs it. */
  readonly sensitivity?: ReadonlyMap<string, Float32Array> | undefined;
}

/** Scores the channels of one group, `[channels]`: the lower, the sooner a channel goes. */
export type Importance = (group: ChannelGroup, context: ImportanceContext) => Float32Array;
