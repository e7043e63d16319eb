import { DecantError } from '../core/errors.ts';
import { isFrozen, type Network, type NetworkNode } from '../model/network.ts';
import { describeTopology } from './topology.ts';

/** One axis of one parameter that loses entries when channels of a group are removed. */
export interface GroupMember {
  /** `<node>/<role>`, as in `Weights`. */
  readonly parameter: string;
  readonly node: string;
  readonly role: 'weight' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance';
  /** The axis of the parameter that runs over the group's channels. */
  readonly axis: number;
  /** `output`: makes the channels; `follower`: works on each channel alone; `input`: reads the channels. */
  readonly side: 'output' | 'follower' | 'input';
}

/**
 * Channels that exist only together: removing channel `i` of the group removes index `i` of every member's axis.
 * (The dependency graph of Fang et al. 2023, "DepGraph: Towards Any Structural Pruning", for the operations of
 * `Network`.)
 */
export interface ChannelGroup {
  /** Name of the first node that produces these channels: the same before and after every cut. */
  readonly id: string;
  readonly channels: number;
  /** All nodes whose output has these channels, in the network's order. */
  readonly nodes: readonly string[];
  /** The convolutions and dense layers among `nodes` (or the network's input). */
  readonly producers: readonly string[];
  /** Convolutions and dense layers that read these channels. */
  readonly consumers: readonly string[];
  /** Nodes of the group whose output only serves as the gate of a `scale`: they never carry the feature map itself. */
  readonly gates: readonly string[];
  readonly members: readonly GroupMember[];
  /** False for the network's input and its logits, for channels that a frozen node makes or reads, and for those that nothing reads. */
  readonly prunable: boolean;
  /** Structure in words; groups with the same words may be ranked against each other. See `describeTopology`. */
  readonly topology: string;
}

/**
 * Finds the groups of coupled channels of any network, from its description alone: sums share their channels; depthwise
 * convolution, batch norm, activation, pooling, flatten and dropout keep those of their input; a gate has those of the map
 * that it scales; convolution and dense start new ones. In the order of their first producers.
 *
 * @throws DecantError `network.invalid` when coupled nodes state different channel counts or an input is unknown
 */
export function channelGroups(network: Network): ChannelGroup[] {
  const byName = new Map(network.nodes.map((node) => [node.name, node]));
  const sets = uniteChannels(network, byName);
  const groups = new Map<string, NetworkNode[]>();
  for (const node of network.nodes) {
    const root = sets.find(node.name);
    const nodes = groups.get(root);
    if (nodes) nodes.push(node);
    else groups.set(root, [node]);
  }
  return [...groups].map(([root, nodes]) => {
    const consumers = network.nodes.filter(mixesChannels).filter((node) => sets.find(node.input) === root);
    return describeGroup(network, nodes, consumers);
  });
}

/** The group that a node's output channels belong to. */
export function groupOfNode(groups: readonly ChannelGroup[], node: string): ChannelGroup | undefined {
  return groups.find((group) => group.nodes.includes(node));
}

type MixingNode = Extract<NetworkNode, { op: 'conv' | 'dense' }>;

function mixesChannels(node: NetworkNode): node is MixingNode {
  return node.op === 'conv' || node.op === 'dense';
}

function uniteChannels(network: Network, byName: ReadonlyMap<string, NetworkNode>): DisjointSets {
  const sets = new DisjointSets();
  for (const node of network.nodes) {
    sets.add(node.name);
    for (const input of coupledInputs(node)) {
      if (!byName.has(input) || !sets.has(input)) {
        throw new DecantError(
          'network.invalid',
          `Node "${node.name}" reads "${input}", which is not an earlier node; name one that is.`,
          { node: node.name, input },
        );
      }
      sets.unite(input, node.name);
    }
  }
  return sets;
}

/** Inputs whose channels are also the node's output channels. */
function coupledInputs(node: NetworkNode): readonly string[] {
  switch (node.op) {
    case 'input':
    case 'conv':
    case 'dense':
      return [];
    case 'add':
      return node.inputs;
    case 'scale':
      return [node.input, node.gate];
    case 'depthwise':
    case 'batchNorm':
    case 'activation':
    case 'globalAveragePool':
    case 'flatten':
    case 'dropout':
      return [node.input];
    default:
      throw new DecantError(
        'network.invalid',
        `Pruning does not know operation ${JSON.stringify(node satisfies never)}.`,
      );
  }
}

function describeGroup(
  network: Network,
  nodes: readonly NetworkNode[],
  consumers: readonly MixingNode[],
): ChannelGroup {
  const producers = nodes.filter((node) => mixesChannels(node) || node.op === 'input');
  const first = producers[0]!; // A node without inputs, conv or dense starts every set.
  const channels = statedChannels(first)!;
  for (const node of nodes) checkChannels(node.name, statedChannels(node), first.name, channels);
  for (const node of consumers) {
    checkChannels(node.name, node.op === 'conv' ? node.inChannels : node.inFeatures, first.name, channels);
  }
  const fixed =
    nodes.some((node) => node.op === 'input' || node.name === network.output) ||
    [...nodes, ...consumers].some(isFrozen);
  return {
    id: first.name,
    channels,
    nodes: nodes.map((node) => node.name),
    producers: producers.map((node) => node.name),
    consumers: consumers.map((node) => node.name),
    gates: findGates(network, nodes),
    members: [...nodes.flatMap(outputMembers), ...consumers.map(inputMember)],
    prunable: !fixed && consumers.length > 0,
    topology: describeTopology(network, nodes, consumers),
  };
}

/** Output channels that a node's own description states. */
function statedChannels(node: NetworkNode): number | undefined {
  switch (node.op) {
    case 'conv':
      return node.outChannels;
    case 'dense':
      return node.outFeatures;
    case 'input':
    case 'depthwise':
    case 'batchNorm':
      return node.channels;
    default:
      return undefined;
  }
}

function checkChannels(node: string, stated: number | undefined, source: string, channels: number): void {
  if (stated === undefined || stated === channels) return;
  throw new DecantError(
    'network.invalid',
    `Node "${node}" states ${stated} channels, but "${source}", which is coupled with it, has ${channels}; make them equal.`,
    { node, stated, source, channels },
  );
}

/** Nodes of a group that are read, inside it, by nothing but the gate input of a `scale` (directly or through gates). */
function findGates(network: Network, nodes: readonly NetworkNode[]): string[] {
  const gates = new Set<string>();
  for (const node of nodes.toReversed()) {
    const readers = network.nodes.filter((reader) => coupledInputs(reader).includes(node.name));
    const gating = (reader: NetworkNode): boolean =>
      gates.has(reader.name) || (reader.op === 'scale' && reader.gate === node.name && reader.input !== node.name);
    if (readers.length > 0 && readers.every(gating)) gates.add(node.name);
  }
  return nodes.filter((node) => gates.has(node.name)).map((node) => node.name);
}

function outputMembers(node: NetworkNode): GroupMember[] {
  const member = (role: GroupMember['role'], axis: number, side: GroupMember['side']): GroupMember => ({
    parameter: `${node.name}/${role}`,
    node: node.name,
    role,
    axis,
    side,
  });
  switch (node.op) {
    case 'conv':
      return [member('weight', 3, 'output'), ...(node.bias ? [member('bias', 0, 'output')] : [])];
    case 'dense':
      return [member('weight', 1, 'output'), ...(node.bias ? [member('bias', 0, 'output')] : [])];
    case 'depthwise':
      return [member('weight', 2, 'follower'), ...(node.bias ? [member('bias', 0, 'follower')] : [])];
    case 'batchNorm':
      return (['gamma', 'beta', 'mean', 'variance'] as const).map((role) => member(role, 0, 'follower'));
    default:
      return [];
  }
}

function inputMember(node: MixingNode): GroupMember {
  const axis = node.op === 'conv' ? 2 : 0;
  return { parameter: `${node.name}/weight`, node: node.name, role: 'weight', axis, side: 'input' };
}

/** Union-find; the representative of a set is its earliest element. */
class DisjointSets {
  readonly #parent = new Map<string, string>();
  readonly #order = new Map<string, number>();

  add(name: string): void {
    this.#order.set(name, this.#order.size);
    this.#parent.set(name, name);
  }

  has(name: string): boolean {
    return this.#parent.has(name);
  }

  find(name: string): string {
    let root = name;
    for (
      let parent = this.#parent.get(root);
      parent !== undefined && parent !== root;
      parent = this.#parent.get(root)
    ) {
      root = parent;
    }
    if (root !== name) this.#parent.set(name, root);
    return root;
  }

  unite(a: string, b: string): void {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    if (rootA === rootB) return;
    const aFirst = this.#order.get(rootA)! < this.#order.get(rootB)!;
    this.#parent.set(aFirst ? rootB : rootA, aFirst ? rootA : rootB);
  }
}
