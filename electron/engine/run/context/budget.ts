import type { FrozenLatency } from '../../../../shared/run/latency-table.ts';
import { countNetwork, type Network } from '../../model/index.ts';
import {
  type Budget,
  type Cost,
  LatencyModel,
  readsGradients,
  type SelectionOptions,
  scoreGroups,
  selectChannels,
} from '../../prune/index.ts';
import type { RunContext } from './run-context.ts';

/** A recipe with what it took of a table of latencies; null where it bounds no milliseconds. */
type Bounded = Pick<RunContext, 'recipe'> & { readonly latency?: FrozenLatency | null };

/** The recipe's budget in absolute numbers for a full-size student. */
export function resolveBudget({ recipe }: Pick<RunContext, 'recipe'>, full: Network): Budget {
  const { macs, parameters } = countNetwork(full);
  const share = recipe.prune;
  return {
    macs: share.macs === null ? undefined : Math.floor(macs * share.macs),
    parameters: share.parameters === null ? undefined : Math.floor(parameters * share.parameters),
    latencyMs: share.latencyMs ?? undefined,
  };
}

/**
 * What predicts the milliseconds of all that can be cut from a full-size student; undefined where the recipe bounds none.
 *
 * @throws DecantError `latency.unknown`
 */
export function openLatency({ latency }: Pick<Bounded, 'latency'>, full: Network): LatencyModel | undefined {
  return latency ? new LatencyModel(full, new Map(Object.entries(latency.pieces))) : undefined;
}

/** Size of a student, cut or not, with its milliseconds where they are predicted. */
export function countCost(student: Network, latency: LatencyModel | undefined): Cost {
  const { macs, parameters } = countNetwork(student);
  return { macs, parameters, latencyMs: latency?.predict(student) };
}

/**
 * Makes sure, before any training, that the recipe's budget can be met and that the layers it protects exist, and gives the
 * size of a student that meets it; which channels go decides how it differs.
 *
 * @throws DecantError `budget.unreachable`, `recipe.invalid`, `latency.unknown`
 */
export function checkBudget(context: Bounded & Pick<RunContext, 'random'>, full: Network): Cost {
  const budget = resolveBudget(context, full);
  const latency = openLatency(context, full);
  if (Object.values(budget).every((bound) => bound === undefined)) return countCost(full, latency);
  const scores = scoreGroups('random', { network: full, weights: new Map(), random: context.random });
  return selectChannels(full, scores, selectionOptions(context, full, budget, latency)).after;
}

/** How channels are selected for a budget under a recipe; `full` is the student before any cut. */
export function selectionOptions(
  { recipe: { prune } }: Pick<RunContext, 'recipe'>,
  full: Network,
  budget: Budget,
  latency: LatencyModel | undefined,
): SelectionOptions {
  return {
    policy: prune.selection,
    budget,
    latency,
    multiple: prune.multiple,
    floor: prune.floor,
    protect: prune.protect,
    reference: full,
    costExponent: prune.costExponent ?? (readsGradients(prune.importance) ? 1 : 0),
  };
}
