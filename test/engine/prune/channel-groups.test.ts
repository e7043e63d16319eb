import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../../electron/engine/model/build-network.ts';
import type { Network, NetworkNode } from '../../../electron/engine/model/network.ts';
import { type ChannelGroup, channelGroups, groupOfNode } from '../../../electron/engine/prune/channel-groups.ts';

function makeNetwork(nodes: NetworkNode[]): Network {
  const output = nodes.at(-1)!.name;
  return { format: 'decant-network', version: 1, architecture: 'test', inputSize: [8, 8], classes: 2, nodes, output };
}

const input: NetworkNode = { op: 'input', name: 'image', channels: 3 };
const conv = (name: string, source: string, inChannels: number, outChannels: number, kernel = 1): NetworkNode => ({
  op: 'conv',
  name,
  input: source,
  inChannels,
  outChannels,
  kernel,
  stride: 1,
  padding: kernel >> 1,
  bias: false,
});
const norm = (name: string, source: string, channels: number): NetworkNode => ({
  op: 'batchNorm',
  name,
  input: source,
  channels,
  epsilon: 1e-5,
  activation: 'relu6',
});
const end = (source: string, channels: number): NetworkNode[] => [
  { op: 'globalAveragePool', name: 'pool', input: source },
  { op: 'flatten', name: 'flat', input: 'pool' },
  { op: 'dense', name: 'logits', input: 'flat', inFeatures: channels, outFeatures: 2, bias: true },
];

function memberNames({ members }: ChannelGroup): string[] {
  return members.map(({ parameter, axis, side }) => `${parameter}[${axis}] ${side}`);
}

describe('channelGroups, hazard by hazard', () => {
  it('depthwise follows its input, and so does batch norm', () => {
    const network = makeNetwork([
      input,
      conv('a', 'image', 3, 6, 3),
      norm('a-bn', 'a', 6),
      { op: 'depthwise', name: 'd', input: 'a-bn', channels: 6, kernel: 3, stride: 1, padding: 1, bias: true },
      ...end('d', 6),
    ]);
    const [image, group, logits, ...rest] = channelGroups(network);
    expect(rest).toEqual([]);
    expect(image).toMatchObject({ id: 'image', prunable: false, consumers: ['a'] });
    expect(group).toMatchObject({ id: 'a', channels: 6, prunable: true, producers: ['a'], consumers: ['logits'] });
    expect(memberNames(group!)).toEqual([
      'a/weight[3] output',
      'a-bn/gamma[0] follower',
      'a-bn/beta[0] follower',
      'a-bn/mean[0] follower',
      'a-bn/variance[0] follower',
      'd/weight[2] follower',
      'd/bias[0] follower',
      'logits/weight[0] input',
    ]);
    expect(logits).toMatchObject({ id: 'logits', prunable: false, consumers: [] });
  });

  it('a chain of residual sums is one group, with every layer that writes or reads the stream', () => {
    const network = makeNetwork([
      input,
      conv('a', 'image', 3, 4),
      conv('b', 'a', 4, 7),
      conv('c', 'b', 7, 4),
      { op: 'add', name: 'ac', inputs: ['a', 'c'] },
      conv('d', 'ac', 4, 4),
      { op: 'add', name: 'acd', inputs: ['ac', 'd'] },
      ...end('acd', 4),
    ]);
    const stream = groupOfNode(channelGroups(network), 'acd')!;
    expect(stream.id).toBe('a');
    expect(stream.producers).toEqual(['a', 'c', 'd']);
    expect(stream.consumers).toEqual(['b', 'd', 'logits']);
    // A layer inside the stream loses rows and columns.
    expect(memberNames(stream).filter((name) => name.startsWith('d/'))).toEqual([
      'd/weight[3] output',
      'd/weight[2] input',
    ]);
  });

  it("squeeze-excitation: the gate's expansion follows its block, its reduction is a group of its own", () => {
    const groups = channelGroups(
      makeNetwork([
        input,
        conv('a', 'image', 3, 8),
        { op: 'globalAveragePool', name: 'squeezed', input: 'a' },
        conv('reduce', 'squeezed', 8, 2),
        { op: 'activation', name: 'relu', input: 'reduce', activation: 'relu' },
        conv('expand', 'relu', 2, 8),
        { op: 'activation', name: 'gate', input: 'expand', activation: 'hard-sigmoid' },
        { op: 'scale', name: 'scaled', input: 'a', gate: 'gate' },
        ...end('scaled', 8),
      ]),
    );
    expect(groupOfNode(groups, 'scaled')).toMatchObject({
      id: 'a',
      producers: ['a', 'expand'],
      consumers: ['reduce', 'logits'],
      gates: ['expand', 'gate'],
    });
    expect(groupOfNode(groups, 'relu')).toMatchObject({
      id: 'reduce',
      channels: 2,
      producers: ['reduce'],
      consumers: ['expand'],
    });
  });

  it('a sum with the image protects the whole stream', () => {
    const network = makeNetwork([
      input,
      conv('a', 'image', 3, 3),
      { op: 'add', name: 'sum', inputs: ['image', 'a'] },
      ...end('sum', 3),
    ]);
    expect(groupOfNode(channelGroups(network), 'a')).toMatchObject({ id: 'image', prunable: false });
  });

  it('channels that nothing reads are left alone', () => {
    const network = makeNetwork([input, conv('aside', 'image', 3, 5), ...end('image', 3)]);
    expect(groupOfNode(channelGroups(network), 'aside')).toMatchObject({ channels: 5, prunable: false });
  });

  it('names nodes that disagree or read what is not there', () => {
    expect(() => channelGroups(makeNetwork([input, conv('a', 'image', 3, 4), norm('n', 'a', 5)]))).toThrow(
      'Node "n" states 5 channels, but "a", which is coupled with it, has 4',
    );
    expect(() => channelGroups(makeNetwork([input, conv('a', 'image', 4, 4)]))).toThrow(
      'Node "a" states 4 channels, but "image", which is coupled with it, has 3',
    );
    expect(() => channelGroups(makeNetwork([input, norm('n', 'later', 3)]))).toThrow('Node "n" reads "later"');
  });
});

describe('channelGroups of MobileNets', () => {
  it.each([
    // Counted in the papers' tables: MobileNetV2 has 7 stages and 16 expanded blocks, plus stem and last convolution.
    ['mobilenet-v2', { prunable: 7 + 16 + 2, topologies: 4 }],
    // V3-Large: 15 blocks in 6 stages, of which the first is one stream with the stem; 14 expansions, 8 squeezes, head, hidden.
    ['mobilenet-v3-large', { prunable: 6 + 14 + 8 + 2, topologies: 7 }],
    // V3-Small: stem, 5 streams, 10 expansions, 9 squeezes, head, hidden.
    ['mobilenet-v3-small', { prunable: 1 + 5 + 10 + 9 + 2, topologies: 7 }],
  ] as const)('%s', (architecture, expected) => {
    const groups = channelGroups(buildNetwork({ architecture, classes: 10, inputSize: 32 }));
    const prunable = groups.filter((group) => group.prunable);
    expect(prunable).toHaveLength(expected.prunable);
    expect(new Set(prunable.map((group) => group.topology)).size).toBe(expected.topologies);
    expect(new Set(groups.map((group) => group.id)).size).toBe(groups.length);
  });

  it('tells streams, expansions, squeeze widths, head and hidden layer apart, and nothing else', () => {
    const groups = channelGroups(buildNetwork({ architecture: 'mobilenet-v3-large', classes: 10, inputSize: 32 }));
    const alike = Map.groupBy(
      groups.filter((group) => group.prunable),
      (group) => group.topology,
    );
    expect([...alike.values()].map((list) => list.length).sort((a, b) => a - b)).toEqual([1, 1, 1, 5, 6, 8, 8]);
  });
});
