import type { Recipe } from '../../../../shared/run/recipe.ts';
import { type ChannelGroup, channelGroups } from '../channel-groups.ts';
import { scoreByBatchNormScale } from './batch-norm-scale.ts';
import { scoreByFpgm } from './fpgm.ts';
import type { Importance, ImportanceContext } from './importance.ts';
import { scoreByL1 } from './l1.ts';
import { scoreByL2 } from './l2.ts';
import { scoreByChance } from './random.ts';
import { scoreByMeasuredLoss } from './sensitivity.ts';
import { scoreByTaylor } from './taylor.ts';

export type ImportanceName = Recipe['prune']['importance'];

/** Every importance by its name in a recipe. */
export const IMPORTANCES = {
  l1: scoreByL1,
  l2: scoreByL2,
  'batch-norm-scale': scoreByBatchNormScale,
  taylor: scoreByTaylor,
  sensitivity: scoreByMeasuredLoss,
  fpgm: scoreByFpgm,
  random: scoreByChance,
} as const satisfies Record<ImportanceName, Importance>;

/** Those that begin with the gradients of the loss, as a `TaylorAccumulator` gathers them; their scores are losses. */
const GRADIENT_READERS: ReadonlySet<ImportanceName> = new Set(['taylor', 'sensitivity']);

export function readsGradients(name: ImportanceName): boolean {
  return GRADIENT_READERS.has(name);
}

/** Scores of every prunable group of a network, by group id: one number a channel, the lower the sooner it goes. */
export function scoreGroups(
  name: ImportanceName,
  context: ImportanceContext,
  groups: readonly ChannelGroup[] = channelGroups(context.network),
): Map<string, Float32Array> {
  const importance = IMPORTANCES[name];
  return new Map(groups.filter((group) => group.prunable).map((group) => [group.id, importance(group, context)]));
}

export type { Importance, ImportanceContext } from './importance.ts';
