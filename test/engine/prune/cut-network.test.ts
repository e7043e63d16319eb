import { describe, expect, it } from 'vitest';
import type { Network, NetworkNode } from '../../../electron/engine/model/network.ts';
import { parameterSpecs } from '../../../electron/engine/model/parameter-specs.ts';
import type { Weights } from '../../../electron/engine/model/weights.ts';
import { channelGroups } from '../../../electron/engine/prune/channel-groups.ts';
import { cutNetwork, type KeptChannels, keptChannelsOf } from '../../../electron/engine/prune/cut-network.ts';
import { maskWeights } from '../../../electron/engine/prune/mask-weights.ts';
import { type ReferenceMap, referenceLogits } from '../../helpers/reference-forward.ts';
import { drawCase } from './random-network.ts';

/** Logits of the uncut network with the removed channels of every map put to zero: knows nothing of parameters. */
function silencedLogits(network: Network, weights: Weights, selection: KeptChannels, image: Float32Array) {
  const groups = channelGroups(network);
  const silence = (node: NetworkNode, map: ReferenceMap): void => {
    const kept = selection.keep.get(groups.find((group) => group.nodes.includes(node.name))!.id);
    if (!kept) return;
    map.values.forEach((_, index) => {
      if (!kept.includes(index % map.channels)) map.values[index] = 0;
    });
  };
  return referenceLogits(network, weights, image, silence);
}

function expectClose(actual: Float64Array, expected: Float64Array): void {
  const range = Math.max(...expected) - Math.min(...expected);
  const difference = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(difference).toBeLessThanOrEqual(1e-4 * range);
}

describe('cutting random networks', () => {
  it('agrees with the silenced and with the masked original, whatever is selected', () => {
    let cuts = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { network, weights, selection, image } = drawCase(`cut-${seed}`);
      const cut = cutNetwork(network, weights, selection);
      const actual = referenceLogits(cut.network, cut.weights, image);
      expectClose(actual, silencedLogits(network, weights, selection, image));
      expectClose(actual, referenceLogits(network, maskWeights(network, weights, selection), image));
      for (const { name, shape } of parameterSpecs(cut.network)) expect(cut.weights.get(name)?.shape).toEqual(shape);
      if ([...selection.keep].some(([id, kept]) => kept.length < widthOf(network, id))) cuts++;
    }
    expect(cuts).toBeGreaterThan(300);
  });

  it('cuts in two steps what one step cuts', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { network, weights, selection, groups } = drawCase(`steps-${seed}`);
      const whole = cutNetwork(network, weights, selection);
      let stepwise = { network, weights };
      for (const group of groups) {
        const kept = selection.keep.get(group.id);
        if (!kept) continue;
        stepwise = cutNetwork(stepwise.network, stepwise.weights, { keep: new Map([[group.id, kept]]) });
      }
      expect(stepwise.network).toEqual(whole.network);
      for (const [name, tensor] of whole.weights) expect(stepwise.weights.get(name)).toEqual(tensor);
    }
  });
});

function widthOf(network: Network, id: string): number {
  return channelGroups(network).find((group) => group.id === id)!.channels;
}

describe('cutNetwork', () => {
  const { network, weights, groups } = drawCase('slots');
  const group = groups.find((candidate) => candidate.prunable && candidate.channels > 2)!;
  const selection = { keep: new Map([[group.id, Int32Array.of(0, group.channels - 1)]]) };

  it('cuts optimizer slots as it cuts weights, and lets other names pass', () => {
    const member = group.members[0]!.parameter;
    const doubled: Weights = new Map(
      [...weights].map(([name, { shape, values }]) => [name, { shape, values: values.map((value) => 2 * value) }]),
    );
    const partial: Weights = new Map([
      [member, weights.get(member)!],
      ['adapter/weight', { shape: [1], values: Float32Array.of(7) }],
    ]);
    const cut = cutNetwork(network, weights, selection, [doubled, partial]);
    for (const [name, { shape, values }] of cut.weights) {
      expect(cut.slots[0]!.get(name)).toEqual({ shape, values: values.map((value) => 2 * value) });
    }
    expect([...cut.slots[1]!.keys()]).toEqual([member, 'adapter/weight']);
    expect(cut.slots[1]!.get(member)).toEqual(cut.weights.get(member));
  });

  it('leaves what it was given as it was', () => {
    const before = structuredClone({ network, weights });
    cutNetwork(network, weights, selection, [weights]);
    maskWeights(network, weights, selection);
    expect({ network, weights }).toEqual(before);
  });

  it('says which channels of a node are left', () => {
    expect([...keptChannelsOf(network, selection, group.nodes.at(-1)!)]).toEqual([0, group.channels - 1]);
    expect([...keptChannelsOf(network, selection, 'logits')]).toEqual([0, 1, 2]);
    expect(() => keptChannelsOf(network, selection, 'nowhere')).toThrow('no node "nowhere"');
  });

  it.each([
    ['an unknown group', 'nowhere', [0], 'no such channel group'],
    ['the input', 'input', [0], 'input and logits are fixed'],
    ['the logits', 'logits', [0], 'input and logits are fixed'],
    ['nothing left', group.id, [], 'no channel would be left'],
    ['disorder', group.id, [1, 0], 'not in ascending order'],
    ['repetition', group.id, [1, 1], 'not in ascending order'],
    ['a channel that is not there', group.id, [0, group.channels], `channel ${group.channels} is kept`],
  ])('refuses %s', (_, id, kept, message) => {
    expect(() => cutNetwork(network, weights, { keep: new Map([[id, Int32Array.from(kept)]]) })).toThrow(message);
  });

  it('names a parameter that is missing or of another size', () => {
    const { parameter } = group.members[0]!;
    const missing = new Map(weights);
    missing.delete(parameter);
    expect(() => cutNetwork(network, missing, selection)).toThrow(`lack "${parameter}"`);
    const other = new Map(weights).set(parameter, { shape: [1, 1, 1, 1], values: new Float32Array(1) });
    expect(() => cutNetwork(network, other, selection)).toThrow(`"${parameter}" is 1 x 1 x 1 x 1`);
  });
});
