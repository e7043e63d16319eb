import type { Random } from '../core/random.ts';
import type { Network } from '../model/index.ts';
import {
  type Budget,
  type ChannelGroup,
  type Cost,
  CostModel,
  channelGroups,
  fits,
  type LatencyModel,
  readLimits,
  resizeNetwork,
} from '../prune/index.ts';

/** Channel counts of the groups that may be narrower, in the order of `SearchSpace.groups`. */
export type Widths = readonly number[];

export interface SpaceOptions {
  /** Absolute bounds; at least one. */
  readonly budget: Budget;
  /** Predicts milliseconds, where the budget bounds them. */
  readonly latency?: LatencyModel | undefined;
  /** Widths are multiples of this; the full ones stay as they are. */
  readonly multiple: number;
  /** Smallest share of its channels that every group keeps. */
  readonly floor: number;
  /** Names of nodes whose groups keep all their channels. */
  readonly protect: readonly string[];
}

/** What the smallest network has of the share of channels that a uniform cut to the budget leaves. */
const SMALLEST_SHARE = 0.5;
/** Steps by which the share of a uniform cut is found. */
const BISECTIONS = 20;

/** All networks that may be cut from one, and which of them meet a budget. */
export class SearchSpace {
  readonly network: Network;
  /** Groups that may be narrower. */
  readonly groups: readonly ChannelGroup[];
  /** Widths that each of them may have, rising. */
  readonly choices: readonly Widths[];
  readonly budget: Budget;
  readonly #all: readonly ChannelGroup[];
  /** Places of `groups` among all. */
  readonly #places: readonly number[];
  readonly #cost: CostModel;

  /**
   * @throws DecantError `recipe.invalid` where a protected node does not exist; that the budget can be met is the caller's to
   * check
   */
  constructor(network: Network, { budget, latency, multiple, floor, protect }: SpaceOptions) {
    this.network = network;
    this.budget = budget;
    this.#all = channelGroups(network);
    this.#cost = new CostModel(network, this.#all, latency);
    const limits = readLimits(network, this.#all, { multiple, floor, protect });
    const places = this.#all.flatMap(({ channels }, place) => (limits[place]!.smallest < channels ? [place] : []));
    this.#places = places;
    this.groups = places.map((place) => this.#all[place]!);
    const fewest = places.map((place) => limits[place]!.smallest);
    this.choices = this.groups.map(({ channels }, i) => listWidths(fewest[i]!, channels, multiple));
    // Far below the budget nothing is looked for, and training networks so small would be for nothing.
    const least = Math.max(floor, SMALLEST_SHARE * this.#findUniformShare(floor));
    this.choices = this.choices.map((widths, i) => {
      const enough = widths.filter((width) => width >= least * this.groups[i]!.channels - 1e-9);
      return enough.length > 0 ? enough : widths.slice(-1);
    });
  }

  /** The network as it is. */
  get largest(): Widths {
    return this.choices.map((widths) => widths.at(-1)!);
  }

  get smallest(): Widths {
    return this.choices.map((widths) => widths[0]!);
  }

  /** The network whose groups all have nearly the same share of their channels, the largest such within the budget. */
  get uniform(): Widths {
    return this.uniformly(this.#findUniformShare(0));
  }

  /** Each group with at most such a share of its channels, or its fewest. */
  uniformly(share: number): Widths {
    return this.choices.map((widths, i) => {
      const most = share * this.groups[i]!.channels + 1e-9;
      return widths.findLast((width) => width <= most) ?? widths[0]!;
    });
  }

  cost(widths: Widths): Cost {
    const all = this.#all.map(({ channels }) => channels);
    this.#places.forEach((place, i) => {
      all[place] = widths[i]!;
    });
    return this.#cost.cost(all);
  }

  fits(widths: Widths): boolean {
    return fits(this.cost(widths), this.budget);
  }

  /** The network of these widths. */
  describe(widths: Widths): Network {
    return resizeNetwork(this.network, this.#all, new Map(this.groups.map(({ id }, i) => [id, widths[i]!])));
  }

  /** A network within the budget: widths drawn evenly, and brought to the budget by chance. */
  draw(random: Random): Widths {
    return this.fill(
      this.choices.map((widths) => widths[random.integer(widths.length)]!),
      random,
    );
  }

  /** These widths narrowed, group by group as they are drawn, until the budget holds, and widened as far as it holds. */
  fill(widths: Widths, random: Random): Widths {
    const steps = widths.map((width, i) => this.choices[i]!.indexOf(width));
    const read = () => steps.map((step, i) => this.choices[i]![step]!);
    while (!this.fits(read())) {
      const wide = steps.flatMap((step, i) => (step > 0 ? [i] : []));
      if (wide.length === 0) break;
      steps[wide[random.integer(wide.length)]!]!--;
    }
    let open = steps.map((_, i) => i);
    while (open.length > 0) {
      const i = open[random.integer(open.length)]!;
      steps[i]!++;
      if (steps[i]! < this.choices[i]!.length && this.fits(read())) continue;
      steps[i]!--;
      open = open.filter((other) => other !== i);
    }
    return read();
  }

  /** The largest share of all groups' channels within the budget. */
  #findUniformShare(least: number): number {
    if (this.fits(this.largest)) return 1;
    let [low, high] = [least, 1];
    for (let i = 0; i < BISECTIONS; i++) {
      const middle = (low + high) / 2;
      if (this.fits(this.uniformly(middle))) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Multiples from the fewest channels on, and the full width. */
function listWidths(fewest: number, channels: number, multiple: number): number[] {
  const widths: number[] = [];
  for (let width = fewest; width < channels; width = (Math.floor(width / multiple) + 1) * multiple) widths.push(width);
  return [...widths, channels];
}
