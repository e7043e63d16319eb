import { countNetwork, type Network } from '../../model/index.ts';
import { type Budget, type Cost, type SelectionOptions, scoreGroups, selectChannels } from '../../prune/index.ts';
import type { RunContext } from './run-context.ts';

/** The recipe's budget in absolute numbers for a full-size student. */
export function resolveBudget({ recipe }: Pick<RunContext, 'recipe'>, full: Network): Budget {
  const { macs, parameters } = countNetwork(full);
  const share = recipe.prune;
  return {
    macs: share.macs === null ? undefined : Math.floor(macs * share.macs),
    parameters: share.parameters === null ? undefined : Math.floor(parameters * share.parameters),
  };
}

/**
 * Makes sure, before any training, that the recipe's budget can be met and that the layers it protects exist, and gives the
 * size of a student that meets it; which channels go decides how it differs.
 *
 * @throws DecantError `budget.unreachable`, `recipe.invalid`
 */
export function checkBudget(context: Pick<RunContext, 'recipe' | 'random'>, full: Network): Cost {
  const budget = resolveBudget(context, full);
  if (budget.macs === undefined && budget.parameters === undefined) return countNetwork(full);
  const scores = scoreGroups('random', { network: full, weights: new Map(), random: context.random });
  return selectChannels(full, scores, selectionOptions(context, full, budget)).after;
}

/** How channels are selected for a budget under a recipe; `full` is the student before any cut. */
export function selectionOptions(
  { recipe: { prune } }: Pick<RunContext, 'recipe'>,
  full: Network,
  budget: Budget,
): SelectionOptions {
  return {
    policy: prune.selection,
    budget,
    multiple: prune.multiple,
    floor: prune.floor,
    protect: prune.protect,
    reference: full,
    costExponent: prune.costExponent ?? (prune.importance === 'taylor' ? 1 : 0),
  };
}
