import { DecantError } from '../core/errors.ts';
import { countNetwork } from '../model/count-network.ts';
import type { Network } from '../model/network.ts';
import type { Budget, Cost } from './budget.ts';
import { type ChannelGroup, channelGroups } from './channel-groups.ts';
import { CostModel, fits, slackOf } from './cost-model.ts';
import type { KeptChannels } from './cut-network.ts';
import type { LatencyModel } from './latency/latency-model.ts';
import { NORMALIZATIONS, type NormalizationName } from './normalization.ts';
import { orderByScore } from './order-by-score.ts';
import { resizeNetwork } from './resize-network.ts';
import { type Candidate, SELECTIONS, type SelectionName } from './selection/index.ts';

/** A budget counts as met when at most this share of it stays unused. */
export const BUDGET_TOLERANCE = 0.02;
/** How many removals beyond the necessary ones are tried when the widths' granularity leaves too much unused. */
const EXTRA_REMOVALS = 64;
/** Share of the latency that a channel counts as saving at least. */
const LEAST_SAVING = 1e-7;

export interface SelectionOptions {
  readonly policy: SelectionName;
  /** Absolute bounds; at least one. */
  readonly budget: Budget;
  /** Predicts milliseconds, where the budget bounds them; of the `reference`. */
  readonly latency?: LatencyModel | undefined;
  /** Widths that change become multiples of this. */
  readonly multiple?: number | undefined;
  /** Smallest share of its channels in `reference` that every group keeps. */
  readonly floor?: number | undefined;
  /** Names of nodes whose groups keep all their channels. */
  readonly protect?: readonly string[] | undefined;
  /** The unpruned network, which floors and shares refer to when a network is cut in several steps. */
  readonly reference?: Network | undefined;
  /**
   * How groups are made comparable: `mean` by default, `none` when scores are divided by cost. (A score that estimates
   * loss, divided by cost, is a rate of exchange that holds across layers; a normalized one would drain dear layers.)
   */
  readonly normalization?: NormalizationName | undefined;
  /**
   * How strongly scores are divided by the cost of a channel: 0 not at all, 1 scores per share of the budget saved
   * (Molchanov et al. 2017, "Pruning Convolutional Neural Networks for Resource Efficient Inference"). Meant for `taylor`,
   * whose scores are losses.
   */
  readonly costExponent?: number | undefined;
}

export interface GroupWidths {
  readonly group: string;
  readonly topology: string;
  /** Channels in the unpruned network, before this selection and after it. */
  readonly reference: number;
  readonly before: number;
  readonly after: number;
}

export interface Selection extends KeptChannels {
  /** Widths of all prunable groups. */
  readonly widths: readonly GroupWidths[];
  readonly before: Cost;
  readonly after: Cost;
  readonly budget: Budget;
  /** Share of the tightest bound that stays unused, 0 or more. */
  readonly slack: number;
  /**
   * True when `slack` is at most `BUDGET_TOLERANCE`, or when nothing had to go. False where the allowed widths are too
   * coarse to come closer from below, which happens on tiny networks only.
   */
  readonly withinTolerance: boolean;
}

/**
 * Chooses the channels that stay: the policy orders the possible removals, as few as the budget needs are made in that
 * order, and what the last one saved too much is given back to the most important channels that still fit. The budget is
 * never exceeded. Deterministic.
 *
 * @param scores by group id, `[channels]`, the lower the sooner a channel goes
 * @throws DecantError `budget.unreachable` (says the smallest reachable cost), `recipe.invalid` for settings without
 *   sense, `training.diverged` for scores that are not finite
 */
export function selectChannels(
  network: Network,
  scores: ReadonlyMap<string, Float32Array>,
  options: SelectionOptions,
): Selection {
  checkOptions(options);
  const groups = channelGroups(network);
  const limits = readLimits(network, groups, options);
  const cost = new CostModel(network, groups, options.latency);
  const rankings = rankChannels(groups, scores, options.normalization ?? (options.costExponent ? 'none' : 'mean'));
  const candidates = listCandidates(groups, limits, rankings, cost, options);
  const widths = chooseWidths(groups, candidates, cost, options, limits);

  const keep = new Map<string, Int32Array>();
  groups.forEach((group, index) => {
    const after = widths[index]!;
    if (after === group.channels) return;
    keep.set(
      group.id,
      rankings
        .get(group.id)!
        .order.slice(group.channels - after)
        .sort(),
    );
  });
  const resized = resizeNetwork(network, groups, new Map([...keep].map(([id, kept]) => [id, kept.length])));
  const { macs, parameters } = countNetwork(resized);
  const after: Cost = { macs, parameters, latencyMs: options.latency?.predict(resized) };
  const slack = slackOf(after, options.budget);
  return {
    keep,
    widths: groups.flatMap((group, index) =>
      group.prunable
        ? {
            group: group.id,
            topology: group.topology,
            reference: limits[index]!.reference,
            before: group.channels,
            after: widths[index]!,
          }
        : [],
    ),
    before: cost.cost(groups.map((group) => group.channels)),
    after,
    budget: options.budget,
    slack,
    withinTolerance: keep.size === 0 || slack <= BUDGET_TOLERANCE,
  };
}

function checkOptions({ budget, multiple = 8, floor = 0.15, costExponent = 0 }: SelectionOptions): void {
  const refuse = (what: string): never => {
    throw new DecantError('recipe.invalid', what);
  };
  if (Object.values(budget).every((bound) => bound === undefined)) {
    refuse('Pruning has no budget; set prune.macs, prune.parameters or prune.latencyMs.');
  }
  for (const [name, bound] of Object.entries(budget)) {
    if (bound !== undefined && !(bound > 0)) refuse(`The budget for ${name} is ${bound}; it must be above 0.`);
  }
  if (!Number.isInteger(multiple) || multiple < 1) refuse(`prune.multiple is ${multiple}; it must be 1, 2, 3 …`);
  if (!(floor > 0 && floor <= 1)) refuse(`prune.floor is ${floor}; it must be above 0 and at most 1.`);
  if (!(costExponent >= 0)) refuse(`costExponent is ${costExponent}; it must be 0 or more.`);
}

/** How narrow a group may become. */
export interface WidthLimits {
  /** Channels in the unpruned network. */
  readonly reference: number;
  /** Fewest channels allowed. */
  readonly smallest: number;
}

/**
 * The limits of each group, in their order; one that keeps all its channels has them as its fewest.
 *
 * @throws DecantError `recipe.invalid` where a protected node does not exist
 */
export function readLimits(
  network: Network,
  groups: readonly ChannelGroup[],
  options: Pick<SelectionOptions, 'multiple' | 'floor' | 'protect' | 'reference'>,
): WidthLimits[] {
  const { multiple = 8, floor = 0.15, protect = [], reference = network } = options;
  const known = new Set(network.nodes.map((node) => node.name));
  for (const name of protect) {
    if (known.has(name)) continue;
    throw new DecantError(
      'recipe.invalid',
      `prune.protect names "${name}", which is not a layer of ${network.architecture}; its layers have names like ` +
        `"${groups.find((group) => group.prunable)?.id ?? network.output}".`,
      { protect: name },
    );
  }
  const references = new Map(channelGroups(reference).map((group) => [group.id, group.channels]));
  return groups.map((group) => {
    const full = references.get(group.id) ?? group.channels;
    const fixed = !group.prunable || group.nodes.some((node) => protect.includes(node));
    const lowest = Math.ceil(Math.ceil(floor * full - 1e-9) / multiple) * multiple;
    return { reference: full, smallest: fixed ? group.channels : Math.min(lowest, group.channels) };
  });
}

interface Ranking {
  /** Channels by rising score; equal scores by index. */
  readonly order: Int32Array;
  /** Normalized scores, by channel. */
  readonly scores: Float32Array;
}

function rankChannels(
  groups: readonly ChannelGroup[],
  scores: ReadonlyMap<string, Float32Array>,
  normalization: NormalizationName,
): Map<string, Ranking> {
  const rankings = new Map<string, Ranking>();
  for (const group of groups) {
    if (!group.prunable) continue;
    const raw = scores.get(group.id);
    if (raw?.length !== group.channels) {
      throw new DecantError(
        'network.invalid',
        `There are ${raw?.length ?? 'no'} importance scores for the ${group.channels} channels of "${group.id}"; score this network.`,
        { group: group.id },
      );
    }
    const bad = raw.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) {
      throw new DecantError(
        'training.diverged',
        `The importance of channel ${bad} of "${group.id}" is ${raw[bad]}; lower the learning rate or set optimizer.clipNorm.`,
        { group: group.id, channel: bad },
      );
    }
    const normalized = NORMALIZATIONS[normalization](raw);
    const order = orderByScore(normalized);
    rankings.set(group.id, { order, scores: normalized });
  }
  return rankings;
}

interface Removal extends Candidate {
  readonly index: number;
}

/** All removals that the limits allow, each group's in order. */
function listCandidates(
  groups: readonly ChannelGroup[],
  limits: readonly WidthLimits[],
  rankings: ReadonlyMap<string, Ranking>,
  cost: CostModel,
  { multiple = 8, budget, costExponent = 0 }: SelectionOptions,
): Removal[] {
  const full = groups.map((group) => group.channels);
  return groups.flatMap((group, index) => {
    const { reference, smallest } = limits[index]!;
    const removals: Removal[] = [];
    const ranking = rankings.get(group.id);
    if (!ranking) return removals;
    const price = costExponent === 0 ? 1 : priceOfChannel(full, index, cost, budget) ** costExponent;
    for (let before = group.channels; before > smallest; ) {
      const after = Math.max(smallest, (Math.ceil(before / multiple) - 1) * multiple);
      const going = ranking.order.subarray(group.channels - before, group.channels - after);
      const score = going.reduce((sum, channel) => sum + ranking.scores[channel]!, 0) / going.length / price;
      removals.push({
        index,
        group: group.id,
        topology: group.topology,
        referenceChannels: reference,
        before,
        after,
        score,
      });
      before = after;
    }
    return removals;
  });
}

/** Share of the bounded costs that one channel of a group takes, at the present widths. */
function priceOfChannel(full: readonly number[], index: number, cost: CostModel, budget: Budget): number {
  const whole = cost.cost(full);
  const without = cost.cost(full.map((width, i) => (i === index ? width - 1 : width)));
  const macs = budget.macs === undefined ? 0 : (whole.macs - without.macs) / whole.macs;
  const parameters = budget.parameters === undefined ? 0 : (whole.parameters - without.parameters) / whole.parameters;
  // Interpolated measurements may say that a channel saves nothing; it is then as dear as the least that is worth removing.
  const latency =
    budget.latencyMs === undefined
      ? 0
      : Math.max(LEAST_SAVING, (whole.latencyMs! - without.latencyMs!) / whole.latencyMs!);
  return macs + parameters + latency;
}

/** The groups' widths after the fewest removals, in the policy's order, that meet the budget. */
function chooseWidths(
  groups: readonly ChannelGroup[],
  candidates: readonly Removal[],
  cost: CostModel,
  { policy, budget, ...options }: SelectionOptions,
  limits: readonly WidthLimits[],
): number[] {
  const full = groups.map((group) => group.channels);
  if (fits(cost.cost(full), budget)) return full;
  const smallest = cost.cost(limits.map((limit) => limit.smallest));
  if (!fits(smallest, budget)) throw describeUnreachable(cost.cost(full), smallest, budget, options);

  const priorities = SELECTIONS[policy](candidates);
  const removals = candidates
    .map((candidate, i) => ({ candidate, priority: priorities[i]!, i }))
    .sort((a, b) => a.priority - b.priority || a.i - b.i)
    .map(({ candidate }) => candidate);
  const widthsAfter = (count: number): number[] => {
    const widths = full.slice();
    for (const { index, after } of removals.slice(0, count)) widths[index] = Math.min(widths[index]!, after);
    return widths;
  };

  // Costs fall with every removal, so the smallest sufficient count is found by bisection.
  let [tooFew, enough] = [0, removals.length];
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (fits(cost.cost(widthsAfter(middle)), budget)) enough = middle;
    else tooFew = middle;
  }
  let best: number[] = [];
  let bestSlack = Infinity;
  for (let count = enough; count <= Math.min(removals.length, enough + EXTRA_REMOVALS); count++) {
    const widths = giveBack(widthsAfter(count), removals.slice(0, count), cost, budget);
    const slack = slackOf(cost.cost(widths), budget);
    if (slack < bestSlack) [best, bestSlack] = [widths, slack];
    if (bestSlack <= BUDGET_TOLERANCE) break;
  }
  return best;
}

/** Undoes removals that turn out not to be needed, the last ones first, as long as the budget holds. */
function giveBack(widths: number[], removals: readonly Removal[], cost: CostModel, budget: Budget): number[] {
  for (const { index, before, after } of removals.toReversed()) {
    if (widths[index] !== after) continue; // A later removal of this group stands, so this one does too.
    widths[index] = before;
    if (!fits(cost.cost(widths), budget)) widths[index] = after;
  }
  return widths;
}

const BOUNDED = ['macs', 'parameters', 'latencyMs'] as const;

function describeUnreachable(
  full: Cost,
  smallest: Cost,
  budget: Budget,
  { floor = 0.15, multiple = 8, protect = [] }: Omit<SelectionOptions, 'policy' | 'budget'>,
): DecantError {
  const kind = BOUNDED.find((name) => (smallest[name] ?? 0) > (budget[name] ?? Infinity))!; // At least one bound is exceeded.
  const [bound, least, all] = [budget[kind]!, smallest[kind]!, full[kind]!];
  const share = (value: number): string => `${Math.ceil((1000 * value) / all) / 10} %`;
  const amount = (value: number): string =>
    kind === 'latencyMs' ? (Math.ceil(100 * value) / 100).toFixed(2) : Math.ceil(value).toLocaleString('en-US');
  const unit = { macs: 'MACs', parameters: 'parameters', latencyMs: 'ms' }[kind];
  const guards = [
    `prune.floor ${floor}`,
    `prune.multiple ${multiple}`,
    ...(protect.length > 0 ? [`${protect.length} protected layers`] : []),
  ].join(', ');
  return new DecantError(
    'budget.unreachable',
    `A budget of ${amount(bound)} ${unit} (${share(bound)} of the current ${amount(all)}) cannot be met: with ${guards} the ` +
      `smallest possible is ${amount(least)} (${share(least)}); raise the budget or relax these.`,
    { kind, budget: bound, smallest: least, full: all },
  );
}
