import { describe, expect, it } from 'vitest';
import { DecantError } from '../../../electron/engine/core/errors.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { buildNetwork } from '../../../electron/engine/model/build-network.ts';
import { countNetwork } from '../../../electron/engine/model/count-network.ts';
import type { Network } from '../../../electron/engine/model/network.ts';
import { budgetAt } from '../../../electron/engine/prune/budget.ts';
import { type ChannelGroup, channelGroups } from '../../../electron/engine/prune/channel-groups.ts';
import { CostModel } from '../../../electron/engine/prune/cost-model.ts';
import { IMPORTANCES, type ImportanceName, scoreGroups } from '../../../electron/engine/prune/importance/index.ts';
import { resizeNetwork } from '../../../electron/engine/prune/resize-network.ts';
import {
  type Selection,
  type SelectionOptions,
  selectChannels,
} from '../../../electron/engine/prune/select-channels.ts';
import { SELECTIONS, type SelectionName } from '../../../electron/engine/prune/selection/index.ts';
import { ARCHITECTURE_NAMES, type Architecture } from '../../../shared/run/architectures.ts';
import { drawCase, drawWeights } from './random-network.ts';

const POLICIES = Object.keys(SELECTIONS) as SelectionName[];
const IMPORTANCE_NAMES = Object.keys(IMPORTANCES) as ImportanceName[];

function drawScores(groups: readonly ChannelGroup[], seed = 'scores'): Map<string, Float32Array> {
  return new Map(
    groups.map((group) => {
      const random = new Random(seed).fork(group.id);
      return [group.id, Float32Array.from({ length: group.channels }, () => random.next() ** 2)];
    }),
  );
}

function expectSound(network: Network, selection: Selection, { budget, multiple = 8, floor = 0.15 }: SelectionOptions) {
  const widths = new Map(selection.widths.map(({ group, after }) => [group, after]));
  const counted = countNetwork(resizeNetwork(network, channelGroups(network), widths));
  expect(selection.after).toEqual({ macs: counted.macs, parameters: counted.parameters });
  for (const kind of ['macs', 'parameters'] as const) {
    expect(counted[kind]).toBeLessThanOrEqual(budget[kind] ?? Infinity);
  }
  for (const { group, before, after, reference } of selection.widths) {
    if (after !== before) expect(after % multiple, group).toBe(0);
    expect(after, group).toBeGreaterThanOrEqual(Math.min(before, floor * reference));
    expect(selection.keep.get(group)?.length ?? before, group).toBe(after);
  }
}

describe.each(ARCHITECTURE_NAMES)('%s at 224 x 224, cut to 60 percent of its MACs', (architecture: Architecture) => {
  const network = buildNetwork({ architecture, classes: 10, inputSize: 224 });
  const groups = channelGroups(network);
  const full = countNetwork(network);
  const weights = drawWeights(network, new Random('weights'));
  const context = {
    network,
    weights,
    random: new Random('chance'),
    taylor: drawScores(groups, 'taylor'),
    sensitivity: drawScores(groups, 'sensitivity'),
  };
  const scores = new Map(IMPORTANCE_NAMES.map((name) => [name, scoreGroups(name, context, groups)]));

  it.each(POLICIES.flatMap((policy) => IMPORTANCE_NAMES.map((importance) => [policy, importance] as const)))(
    '%s by %s meets the budget within 2 percent, never exceeds it, and is the same again',
    (policy, importance) => {
      const options: SelectionOptions = { policy, budget: { macs: 0.6 * full.macs } };
      const selection = selectChannels(network, scores.get(importance)!, options);
      expectSound(network, selection, options);
      expect(selection.after.macs).toBeGreaterThanOrEqual(0.98 * 0.6 * full.macs);
      expect(selection.withinTolerance).toBe(true);
      expect(selection.before).toEqual({ macs: full.macs, parameters: full.parameters });
      expect(selectChannels(network, scores.get(importance)!, options)).toEqual(selection);
    },
  );

  it.each(POLICIES)('%s meets parameters, and both at once', (policy) => {
    for (const budget of [
      { parameters: 0.5 * full.parameters },
      { macs: 0.7 * full.macs, parameters: 0.7 * full.parameters },
      { macs: 0.9 * full.macs, parameters: 0.4 * full.parameters },
    ]) {
      const options: SelectionOptions = { policy, budget };
      const selection = selectChannels(network, scores.get('taylor')!, options);
      expectSound(network, selection, options);
      expect(selection.withinTolerance).toBe(true);
    }
  });

  it.each(POLICIES)('%s in four steps keeps to the floors of the unpruned network', (policy) => {
    let current = network;
    for (let step = 1; step <= 4; step++) {
      const budget = budgetAt(step, 4, full, { macs: 0.4 * full.macs });
      const options: SelectionOptions = { policy, budget, reference: network, floor: 0.5 };
      const groups = channelGroups(current);
      const selection = selectChannels(current, drawScores(groups, `step-${step}`), options);
      expectSound(current, selection, options);
      expect(selection.withinTolerance).toBe(true);
      current = resizeNetwork(current, groups, new Map(selection.widths.map(({ group, after }) => [group, after])));
    }
    expect(countNetwork(current).macs).toBeLessThanOrEqual(0.4 * full.macs);
  });
});

describe('CostModel', () => {
  it('counts what countNetwork counts, at any widths', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { network, groups } = drawCase(`cost-${seed}`);
      const random = new Random(seed);
      const widths = groups.map((group) => (group.prunable ? 1 + random.integer(20) : group.channels));
      const resized = resizeNetwork(network, groups, new Map(groups.map((group, i) => [group.id, widths[i]!])));
      const { macs, parameters } = countNetwork(resized);
      expect(new CostModel(network, groups).cost(widths)).toEqual({ macs, parameters });
    }
  });
});

describe('policies', () => {
  const network = buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 32, stemStride: 1 });
  const groups = channelGroups(network);
  const full = countNetwork(network);
  const share = ({ after, reference }: Selection['widths'][number]): number => after / reference;

  it('uniform takes the same share everywhere, up to the width step', () => {
    const selection = selectChannels(network, drawScores(groups), {
      policy: 'uniform',
      budget: { macs: 0.5 * full.macs },
      multiple: 1,
    });
    const shares = selection.widths.filter(({ reference }) => reference >= 64).map(share);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.03);
  });

  it('removes the channels of lowest score', () => {
    const scores = drawScores(groups);
    const { keep } = selectChannels(network, scores, { policy: 'isomorphic', budget: { macs: 0.5 * full.macs } });
    expect(keep.size).toBeGreaterThan(10);
    for (const [id, kept] of keep) {
      const all = scores.get(id)!;
      const lowestKept = Math.min(...[...kept].map((channel) => all[channel]!));
      const removed = [...all].filter((_, channel) => !kept.includes(channel));
      expect(Math.max(...removed)).toBeLessThanOrEqual(lowestKept);
    }
  });

  /** The first half of every group's channels is worthless where `weak` says so. */
  const scoreHalves = (weak: (group: ChannelGroup) => boolean): Map<string, Float32Array> =>
    new Map(
      groups.map((group) => [
        group.id,
        Float32Array.from({ length: group.channels }, (_, i) => (weak(group) && i < group.channels / 2 ? 0.01 : 1)),
      ]),
    );

  it('global goes where the scores are low, whatever the layer', () => {
    const weak = 'block17/expand/conv';
    const { widths } = selectChannels(
      network,
      scoreHalves((group) => group.id === weak),
      {
        policy: 'global',
        budget: { macs: 0.99 * full.macs },
      },
    );
    expect(widths.filter(({ before, after }) => after < before).map(({ group }) => group)).toEqual([weak]);
  });

  it('isomorphic takes the same share of every topology, and inside one goes where the scores are low', () => {
    const isWeak = (group: ChannelGroup): boolean => group.id === 'block16/expand/conv';
    const { widths } = selectChannels(network, scoreHalves(isWeak), {
      policy: 'isomorphic',
      budget: { macs: 0.75 * full.macs },
      normalization: 'none',
    });
    const shares = [...Map.groupBy(widths, ({ topology }) => topology).values()].map((list) => {
      const [after, reference] = list.reduce(([a, r], width) => [a + width.after, r + width.reference], [0, 0]);
      return after / reference;
    });
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.12);
    for (const width of widths.filter(({ group }) => group === 'block16/expand/conv'))
      expect(share(width)).toBeLessThan(0.55);
  });

  it('spares the dear channels less when scores are divided by cost', () => {
    const even = new Map(groups.map((group) => [group.id, new Float32Array(group.channels).fill(1)]));
    const cut = (costExponent: number): number => {
      const { widths } = selectChannels(network, even, {
        policy: 'global',
        budget: { macs: 0.8 * full.macs },
        costExponent,
      });
      return widths.reduce((sum, { before, after }) => sum + before - after, 0);
    };
    expect(cut(1)).toBeLessThan(cut(0));
  });
});

describe('normalization', () => {
  const network = buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 32, stemStride: 1 });
  const groups = channelGroups(network);
  const plain = drawScores(groups);
  const inflated = new Map(plain).set(
    'head/conv',
    plain.get('head/conv')!.map((score) => 1024 * score),
  );
  const select = (scores: Map<string, Float32Array>, costExponent: number) =>
    selectChannels(network, scores, {
      policy: 'global',
      budget: { macs: 0.7 * countNetwork(network).macs },
      costExponent,
    });

  it("makes a group's scale meaningless by default", () => {
    expect(select(inflated, 0)).toEqual(select(plain, 0));
  });

  it('leaves losses as they are when they are divided by cost', () => {
    expect(select(plain, 1).keep.has('head/conv')).toBe(true);
    expect(select(inflated, 1).keep.has('head/conv')).toBe(false);
  });
});

describe('limits', () => {
  const network = buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 32, stemStride: 1 });
  const groups = channelGroups(network);
  const full = countNetwork(network);
  const scores = drawScores(groups);
  const base: SelectionOptions = { policy: 'isomorphic', budget: { macs: 0.6 * full.macs } };

  it('keeps protected layers whole, named by any node of their group', () => {
    const protect = ['head/conv', 'block05/project/conv', 'block10/depthwise/conv'];
    const { widths } = selectChannels(network, scores, { ...base, protect });
    for (const name of protect) {
      const id = groups.find((group) => group.nodes.includes(name))!.id;
      expect(widths.find(({ group }) => group === id)).toMatchObject({
        after: groups.find((group) => group.id === id)!.channels,
      });
    }
  });

  it('changes nothing when the budget holds already', () => {
    const selection = selectChannels(network, scores, { ...base, budget: { macs: full.macs } });
    expect(selection.keep.size).toBe(0);
    expect(selection).toMatchObject({ slack: 0, withinTolerance: true });
  });

  it('says what the smallest possible cost is, and that one is reachable', () => {
    const floor = 0.5;
    let error: unknown;
    try {
      selectChannels(network, scores, { ...base, budget: { macs: 1000 }, floor });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DecantError);
    const { code, details, message } = error as DecantError;
    expect(code).toBe('budget.unreachable');
    expect(message).toContain('smallest possible is');
    const smallest = details.smallest as number;
    expect(selectChannels(network, scores, { ...base, budget: { macs: smallest }, floor }).slack).toBe(0);
    expect(() => selectChannels(network, scores, { ...base, budget: { macs: smallest - 1 }, floor })).toThrow(
      'smallest possible',
    );
    expect(() => selectChannels(network, scores, { ...base, budget: { parameters: 10 } })).toThrow('parameters');
  });

  it('cuts a network of single channels nowhere', () => {
    const tiny = resizeNetwork(network, groups, new Map(groups.filter((g) => g.prunable).map((g) => [g.id, 1])));
    const tinyScores = drawScores(channelGroups(tiny));
    expect(() => selectChannels(tiny, tinyScores, { ...base, budget: { parameters: 100 }, multiple: 1 })).toThrow(
      'cannot be met',
    );
    const cost = countNetwork(tiny);
    expect(
      selectChannels(tiny, tinyScores, { ...base, budget: { parameters: cost.parameters }, multiple: 1 }).keep.size,
    ).toBe(0);
  });

  it('says so when the widths are too coarse to come within the tolerance, and still exceeds nothing', () => {
    let coarse = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { network, groups } = drawCase(`tiny-${seed}`);
      const { macs, parameters } = countNetwork(network);
      const options: SelectionOptions = { policy: 'global', budget: { macs: 0.8 * macs }, multiple: 4, floor: 0.1 };
      try {
        const selection = selectChannels(network, drawScores(groups), options);
        expectSound(network, selection, options);
        expect(selection.withinTolerance).toBe(selection.slack <= 0.02);
        if (!selection.withinTolerance) coarse++;
      } catch (error) {
        expect((error as DecantError).code).toBe('budget.unreachable');
      }
      expect(parameters).toBeGreaterThan(0);
    }
    expect(coarse).toBeGreaterThan(0);
  });

  it.each([
    ['no budget', { budget: {} }, 'no budget'],
    ['a budget of nothing', { budget: { macs: 0 } }, 'budget for macs is 0'],
    ['half a channel', { multiple: 0.5 }, 'prune.multiple is 0.5'],
    ['a floor above the ceiling', { floor: 1.5 }, 'prune.floor is 1.5'],
    ['a protected layer that is not there', { protect: ['block99'] }, 'prune.protect names "block99"'],
    ['a negative exponent', { costExponent: -1 }, 'costExponent is -1'],
  ])('refuses %s', (_, change, message) => {
    expect(() => selectChannels(network, scores, { ...base, ...change })).toThrow(message);
  });

  it('refuses scores of another network and scores that are not numbers', () => {
    expect(() => selectChannels(network, new Map(), base)).toThrow('no importance scores');
    const bad = new Map(scores).set('stem/conv', new Float32Array(32).fill(Number.NaN));
    expect(() => selectChannels(network, bad, base)).toThrow('importance of channel 0 of "stem/conv" is NaN');
  });
});

describe('budgetAt', () => {
  const full = { macs: 100, parameters: 1000 };

  it('shrinks by the same share, or the same amount, and ends at the target itself', () => {
    const geometric = [1, 2, 3].map((step) => budgetAt(step, 3, full, { macs: 12.5 }).macs!);
    expect(geometric[0]).toBeCloseTo(50);
    expect(geometric[1]).toBeCloseTo(25);
    expect(geometric[2]).toBe(12.5);
    const linear = [1, 2].map((step) => budgetAt(step, 2, full, { macs: 40 }, { schedule: 'linear' }).macs);
    expect(linear).toEqual([70, 40]);
  });

  it('leaves out what is not bounded and never rises above a bound that holds already', () => {
    expect(budgetAt(1, 4, full, { parameters: 2000 })).toEqual({ macs: undefined, parameters: 2000 });
  });
});
