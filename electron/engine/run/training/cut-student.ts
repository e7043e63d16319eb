import type { Cut } from '../../../../shared/run/report.ts';
import type { Network } from '../../model/index.ts';
import {
  budgetAt,
  type Judgement,
  measureSensitivity,
  scoreBySensitivity,
  scoreGroups,
  selectChannels,
  verifyCut,
} from '../../prune/index.ts';
import { cutState, type TrainerState } from '../../train/index.ts';
import { countCost, openLatency, resolveBudget, selectionOptions } from '../context/budget.ts';
import type { Model } from '../context/models.ts';
import type { RunContext } from '../context/run-context.ts';

/**
 * Makes cut number `cut` on the way to the budget: scores the channels, chooses, removes them from weights, optimizer and
 * adapters, and checks that what is left computes the same as the masked original.
 *
 * @param full the student before any cut, which floors and budget refer to
 * @param taylor what was gathered of the distillation loss's gradients; null where the recipe does not use it
 * @param judge tells how well a network answers images that it learns from
 */
export async function cutStudent(
  context: RunContext,
  state: TrainerState,
  {
    full,
    cut,
    epoch,
    taylor,
    judge,
  }: {
    full: Network;
    cut: number;
    epoch: number;
    taylor: ReadonlyMap<string, Float32Array> | null;
    judge: (model: Model) => Promise<Judgement>;
  },
): Promise<{ state: TrainerState; record: Cut | null }> {
  const { prune } = context.recipe;
  const { network } = state;
  const latency = openLatency(context, full);
  const budget = budgetAt(cut, prune.steps, countCost(full, latency), resolveBudget(context, full));
  const facts = {
    network,
    weights: state.weights,
    random: context.random.fork('importance', cut),
    taylor: taylor ?? undefined,
  };
  const scores =
    prune.importance === 'sensitivity'
      ? await scoreByJudging(state, scoreGroups('taylor', facts), judge)
      : scoreGroups(prune.importance, facts);
  const selection = selectChannels(network, scores, selectionOptions(context, full, budget, latency));
  if (selection.keep.size === 0) return { state, record: null };
  if (!selection.withinTolerance)
    context.listener({
      type: 'warning.raised',
      message: `Cut ${cut} leaves ${(100 * selection.slack).toFixed(1)} % of its budget unused, because widths must be multiples of ${prune.multiple}.`,
    });
  const after = cutState(state, selection);
  await verifyCut(state, after, selection);
  const record: Cut = {
    cut,
    epoch,
    macsBefore: selection.before.macs,
    macsAfter: selection.after.macs,
    parametersBefore: selection.before.parameters,
    parametersAfter: selection.after.parameters,
    latencyMsBefore: selection.before.latencyMs ?? null,
    latencyMsAfter: selection.after.latencyMs ?? null,
    channelsRemoved: countChannels(network) - countChannels(after.network),
  };
  return { state: after, record };
}

/** Scores by what the network loses on images, without the channels that others score lowest. */
async function scoreByJudging(
  { network, weights }: TrainerState,
  others: ReadonlyMap<string, Float32Array>,
  judge: (model: Model) => Promise<Judgement>,
): Promise<Map<string, Float32Array>> {
  const all = await measureSensitivity({ network, weights }, { scores: others, judge });
  return new Map(all.map((each) => [each.group, scoreBySensitivity(each, others.get(each.group)!)])); // Of the same groups.
}

function countChannels(network: Network): number {
  return network.nodes.reduce((sum, node) => sum + (node.op === 'conv' ? node.outChannels : 0), 0);
}
