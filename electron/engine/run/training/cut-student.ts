import type { Cut, LayerSensitivity } from '../../../../shared/run/report.ts';
import type { Network } from '../../model/index.ts';
import {
  budgetAt,
  type Cost,
  type Judgement,
  measureSensitivity,
  orderByScore,
  scoreBySensitivity,
  scoreGroups,
  selectChannels,
  verifyCut,
} from '../../prune/index.ts';
import { cutState, orderState, type TrainerState } from '../../train/index.ts';
import { countCost, openLatency, resolveBudget, selectionOptions } from '../context/budget.ts';
import type { Model } from '../context/models.ts';
import type { RunContext } from '../context/run-context.ts';

/**
 * Makes cut number `cut` on the way to the budget: scores the channels, chooses, removes them from weights, optimizer and
 * adapters, and checks that what is left computes the same as the masked original.
 *
 * @param facts `full`: the student before any cut, which floors and budget refer to; `of`: all cuts on the way
 */
export async function cutStudent(
  context: RunContext,
  state: TrainerState,
  { full, cut, of, epoch, taylor, judge }: ScoringFacts & { full: Network; of: number; epoch: number },
): Promise<{ state: TrainerState; record: Cut | null }> {
  const { prune } = context.recipe;
  const { network } = state;
  const latency = openLatency(context, full);
  const budget = budgetAt(cut, of, countCost(full, latency), resolveBudget(context, full));
  const { scores, sensitivity } = await scoreChannels(context, state, { cut, taylor, judge });
  const selection = selectChannels(network, scores, selectionOptions(context, full, budget, latency));
  if (selection.keep.size === 0) return { state, record: null };
  if (!selection.withinTolerance)
    context.listener({
      type: 'warning.raised',
      message: `Cut ${cut} leaves ${(100 * selection.slack).toFixed(1)} % of its budget unused, because widths must be multiples of ${prune.multiple}.`,
    });
  const after = cutState(state, selection);
  await verifyCut(state, after, selection);
  const record = describeCut(network, after.network, { ...selection, cut, epoch });
  return { state: after, record: sensitivity ? { ...record, sensitivity } : record };
}

/**
 * Puts the channels of each group in the order of their importance, the most important first, so that the first of them are the
 * best part of the network; it computes what it did, which is checked.
 */
export async function orderStudent(
  context: RunContext,
  state: TrainerState,
  facts: ScoringFacts & { full: Network },
): Promise<TrainerState> {
  const { scores } = await scoreChannels(context, state, facts);
  const keep = new Map([...scores].map(([id, values]) => [id, orderByScore(values).reverse()]));
  const after = orderState(state, { keep });
  await verifyCut(state, after, { keep: new Map() });
  return after;
}

export function describeCut(
  from: Network,
  to: Network,
  { cut, epoch, before, after }: { cut: number; epoch: number; before: Cost; after: Cost },
): Cut {
  return {
    cut,
    epoch,
    macsBefore: before.macs,
    macsAfter: after.macs,
    parametersBefore: before.parameters,
    parametersAfter: after.parameters,
    latencyMsBefore: before.latencyMs ?? null,
    latencyMsAfter: after.latencyMs ?? null,
    channelsRemoved: countChannels(from) - countChannels(to),
  };
}

interface ScoringFacts {
  readonly cut: number;
  /** What was gathered of the distillation loss's gradients; null where the recipe does not use it. */
  readonly taylor: ReadonlyMap<string, Float32Array> | null;
  /** Tells how well a network answers images that it learns from. */
  readonly judge: (model: Model) => Promise<Judgement>;
}

interface Scored {
  readonly scores: ReadonlyMap<string, Float32Array>;
  /** Where the recipe has it measured. */
  readonly sensitivity?: LayerSensitivity[];
}

/** Scores the channels of each group as the recipe asks for. */
async function scoreChannels(
  { recipe, random }: RunContext,
  state: TrainerState,
  { cut, taylor, judge }: ScoringFacts,
): Promise<Scored> {
  const { importance } = recipe.prune;
  const { network, weights } = state;
  const facts = { network, weights, random: random.fork('importance', cut), taylor: taylor ?? undefined };
  return importance === 'sensitivity'
    ? scoreByJudging(state, scoreGroups('taylor', facts), judge)
    : { scores: scoreGroups(importance, facts) };
}

/** Scores by what the network loses on images, without the channels that others score lowest. */
async function scoreByJudging(
  { network, weights }: TrainerState,
  others: ReadonlyMap<string, Float32Array>,
  judge: (model: Model) => Promise<Judgement>,
): Promise<Scored> {
  const all = await measureSensitivity({ network, weights }, { scores: others, judge });
  return {
    scores: new Map(all.map((each) => [each.group, scoreBySensitivity(each, others.get(each.group)!)])), // Of the same groups.
    sensitivity: all.map(({ group, channels, points }) => ({
      layer: group,
      channels,
      points: points.map(({ removed, top1 }) => ({ removed, top1 })),
    })),
  };
}

function countChannels(network: Network): number {
  return network.nodes.reduce((sum, node) => sum + (node.op === 'conv' ? node.outChannels : 0), 0);
}
