import type { Activation } from '../../../electron/engine/compute/activation.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import type { Network, NetworkNode } from '../../../electron/engine/model/network.ts';
import { parameterSpecs } from '../../../electron/engine/model/parameter-specs.ts';
import type { Weights } from '../../../electron/engine/model/weights.ts';
import { type ChannelGroup, channelGroups } from '../../../electron/engine/prune/channel-groups.ts';

const CURVED = ['relu', 'relu6', 'hard-swish'] as const;

/** A small random network of every kind of block that pruning has to understand. */
export function drawNetwork(random: Random): Network {
  const nodes: NetworkNode[] = [];
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]!;
  const chance = (probability: number): boolean => random.next() < probability;
  const width = (): number => 1 + random.integer(9);
  let count = 0;
  const add = (node: NetworkNode): string => {
    nodes.push(node);
    return node.name;
  };
  const name = (kind: string): string => `${kind}-${count++}`;
  const norm = (input: string, channels: number, activation: Activation): string =>
    add({ op: 'batchNorm', name: name('bn'), input, channels, epsilon: 1e-3, activation });
  const conv = (input: string, inChannels: number, outChannels: number, kernel = 1, stride = 1, bias = false): string =>
    add({
      op: 'conv',
      name: name('conv'),
      input,
      inChannels,
      outChannels,
      kernel,
      stride,
      padding: kernel >> 1,
      bias,
    });
  const squeeze = (input: string, channels: number): string => {
    const reduced = width();
    const pooled = add({ op: 'globalAveragePool', name: name('pool'), input });
    const reduce = conv(pooled, channels, reduced, 1, 1, true);
    const curved = add({ op: 'activation', name: name('act'), input: reduce, activation: 'relu' });
    const expand = conv(curved, reduced, channels, 1, 1, true);
    const gate = add({ op: 'activation', name: name('act'), input: expand, activation: 'hard-sigmoid' });
    return add({ op: 'scale', name: name('scale'), input, gate });
  };

  let channels = width();
  const input = add({ op: 'input', name: 'input', channels: 3 });
  let tail = norm(conv(input, 3, channels, 3, pick([1, 2])), channels, pick(CURVED));
  for (let block = 1 + random.integer(4); block > 0; block--) {
    const stride = pick([1, 1, 2]);
    const activation = pick(CURVED);
    const kernel = pick([3, 5]);
    const start = tail;
    let inner = channels;
    if (chance(0.8)) {
      inner = width();
      tail = norm(conv(tail, channels, inner), inner, activation);
    }
    const bias = chance(0.3);
    tail = add({
      op: 'depthwise',
      name: name('depthwise'),
      input: tail,
      channels: inner,
      kernel,
      stride,
      padding: kernel >> 1,
      bias,
    });
    tail = bias ? add({ op: 'activation', name: name('act'), input: tail, activation }) : norm(tail, inner, activation);
    if (chance(0.5)) tail = squeeze(tail, inner);
    const residual = stride === 1 && chance(0.7);
    const outer = residual ? channels : width();
    tail = norm(conv(tail, inner, outer), outer, chance(0.15) ? 'hard-sigmoid' : 'none');
    if (residual) {
      // Sometimes a third summand: a shortcut with a convolution of its own.
      const inputs = chance(0.25) ? [start, tail, conv(start, channels, outer, 3)] : [start, tail];
      tail = add({ op: 'add', name: name('add'), inputs });
    }
    channels = outer;
    // A map that gates itself.
    if (chance(0.1)) {
      const gate = add({ op: 'globalAveragePool', name: name('pool'), input: tail });
      tail = add({ op: 'scale', name: name('scale'), input: tail, gate });
    }
  }
  if (chance(0.7)) {
    const last = width();
    tail = norm(conv(tail, channels, last), last, pick(CURVED));
    channels = last;
  }
  tail = add({
    op: 'flatten',
    name: name('flatten'),
    input: add({ op: 'globalAveragePool', name: name('pool'), input: tail }),
  });
  if (chance(0.5)) {
    const hidden = width();
    tail = add({
      op: 'dense',
      name: name('dense'),
      input: tail,
      inFeatures: channels,
      outFeatures: hidden,
      bias: true,
    });
    tail = add({ op: 'activation', name: name('act'), input: tail, activation: pick(CURVED) });
    channels = hidden;
  }
  if (chance(0.5)) tail = add({ op: 'dropout', name: name('dropout'), input: tail, rate: 0.2 });
  const output = add({ op: 'dense', name: 'logits', input: tail, inFeatures: channels, outFeatures: 3, bias: true });
  return {
    format: 'decant-network',
    version: 1,
    architecture: 'random',
    inputSize: [6 + random.integer(3), 6 + random.integer(3)],
    classes: 3,
    nodes,
    output,
  };
}

/** Weights in which nothing is zero or one by accident: batch norms have statistics of their own, biases are drawn. */
export function drawWeights(network: Network, random: Random): Weights {
  return new Map(
    parameterSpecs(network).map(({ name, shape }) => {
      const draw = random.fork(name);
      const size = shape.reduce((product, extent) => product * extent, 1);
      const fanIn = shape.length > 1 ? size / shape.at(-1)! : 1;
      const values = Float32Array.from({ length: size }, () => {
        if (name.endsWith('/variance') || name.endsWith('/gamma')) return draw.uniform(0.5, 2);
        return (draw.normal() * 1.5) / Math.sqrt(fanIn);
      });
      return [name, { shape, values }];
    }),
  );
}

/** Keeps a random non-empty part of a random part of the prunable groups. */
export function drawSelection(groups: readonly ChannelGroup[], random: Random): Map<string, Int32Array> {
  const keep = new Map<string, Int32Array>();
  for (const group of groups) {
    if (!group.prunable || random.next() < 0.3) continue;
    const order = random.shuffle(Int32Array.from({ length: group.channels }, (_, i) => i));
    keep.set(group.id, order.slice(0, 1 + random.integer(group.channels)).sort());
  }
  return keep;
}

export function drawImage(network: Network, random: Random): Float32Array {
  const [height, width] = network.inputSize;
  return Float32Array.from({ length: height * width * 3 }, () => random.normal());
}

/** All of it from one seed. */
export function drawCase(seed: string) {
  const random = new Random(seed);
  const network = drawNetwork(random.fork('network'));
  const groups = channelGroups(network);
  return {
    network,
    groups,
    weights: drawWeights(network, random.fork('weights')),
    selection: { keep: drawSelection(groups, random.fork('selection')) },
    image: drawImage(network, random.fork('image')),
  };
}
