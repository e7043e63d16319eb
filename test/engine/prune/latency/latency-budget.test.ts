import { describe, expect, it } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { buildNetwork, countNetwork, featureShapes, type Network } from '../../../../electron/engine/model/index.ts';
import {
  budgetAt,
  channelGroups,
  LatencyModel,
  listPoints,
  resizeNetwork,
  SELECTIONS,
  type Selection,
  type SelectionName,
  selectChannels,
} from '../../../../electron/engine/prune/index.ts';

const network = buildNetwork({ architecture: 'mobilenet-v2', classes: 10, inputSize: 64, stemStride: 1 });
const groups = channelGroups(network);
const random = new Random('scores');
const scores = new Map(
  groups.map(({ id, channels }) => [id, Float32Array.from({ length: channels }, () => random.next())]),
);

/** A runtime that takes time for the sizes of maps alone, whatever is computed. */
function mapMs(one: Network): number {
  const shapes = featureShapes(one);
  const numbers = one.nodes.map(({ name }) => shapes.get(name)!.reduce((product, side) => product * side, 1));
  return 1e-6 * numbers.reduce((sum, count) => sum + count, 0);
}
const latency = new LatencyModel(network, new Map(listPoints(network).map(({ key, build }) => [key, mapMs(build())])));
const full = latency.predict(network);

function resized({ widths }: Selection): Network {
  return resizeNetwork(network, groups, new Map(widths.map(({ group, after }) => [group, after])));
}

describe('a budget of milliseconds', () => {
  it.each(Object.keys(SELECTIONS) as SelectionName[])('is met within 2 percent by %s, never exceeded', (policy) => {
    const budget = { latencyMs: 0.6 * full };
    const selection = selectChannels(network, scores, { policy, budget, latency });
    const ms = mapMs(resized(selection));
    expect(ms).toBeLessThanOrEqual(budget.latencyMs);
    expect(ms).toBeGreaterThan(0.98 * budget.latencyMs);
    expect(selection.after.latencyMs).toBeCloseTo(ms, 9);
    expect(selection.before.latencyMs).toBeCloseTo(full, 9);
    expect(selection.withinTolerance).toBe(true);
  });

  it('stands beside other bounds, of which the tightest counts', () => {
    const { macs } = countNetwork(network);
    const cut = (budget: object) => selectChannels(network, scores, { policy: 'global', budget, latency }).after;
    const both = cut({ latencyMs: 0.8 * full, macs: 0.4 * macs });
    expect(both.macs).toBeLessThanOrEqual(0.4 * macs);
    expect(both.macs).toBeGreaterThan(0.39 * macs);
    expect(both.latencyMs).toBeLessThanOrEqual(0.8 * full);
  });

  it('takes channels where they cost time rather than where they cost MACs', () => {
    const even = new Map(groups.map(({ id, channels }) => [id, new Float32Array(channels).fill(1)]));
    const options = { policy: 'global', latency, costExponent: 1 } as const;
    const byTime = selectChannels(network, even, { ...options, budget: { latencyMs: 0.7 * full } });
    const byMacs = selectChannels(network, even, {
      ...options,
      budget: { macs: byTime.after.macs },
      normalization: 'none',
    });
    // With as many MACs, what was chosen by time takes less of it.
    expect(mapMs(resized(byTime))).toBeLessThan(0.95 * mapMs(resized(byMacs)));
  });

  it('shrinks from cut to cut like any other', () => {
    const target = { latencyMs: 0.25 * full };
    const cost = { macs: 1, parameters: 1, latencyMs: full };
    expect(budgetAt(1, 2, cost, target).latencyMs).toBeCloseTo(0.5 * full, 9);
    expect(budgetAt(2, 2, cost, target).latencyMs).toBe(target.latencyMs);
  });

  it('says what is the least where it is out of reach', () => {
    const cut = () => selectChannels(network, scores, { policy: 'global', budget: { latencyMs: 0.01 }, latency });
    expect(cut).toThrow(
      /A budget of 0\.01 ms \(.* of the current \d\.\d\d\) cannot be met: .* smallest possible is \d\.\d\d/,
    );
  });

  it('needs something that predicts it', () => {
    expect(() => selectChannels(network, scores, { policy: 'global', budget: { latencyMs: 1 } })).toThrow(
      /LatencyModel/,
    );
  });
});
