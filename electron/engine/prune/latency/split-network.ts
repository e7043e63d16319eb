import { inputsOf, type Network, type NetworkNode } from '../../model/network.ts';
import { featureShapes } from '../../model/shapes.ts';
import { type ChannelGroup, channelGroups, groupOfNode } from '../channel-groups.ts';
import { resizeNetwork } from '../resize-network.ts';
import { listLevels } from './levels.ts';

/** A number of channels of a piece that pruning may change. */
export interface Axis {
  /** A node of the whole network that has these channels. */
  readonly node: string;
  /** Numbers of channels at which the piece is timed, rising; the last is the whole network's own. */
  readonly levels: readonly number[];
}

/** A part of a network that takes one feature map, or the image, and gives one, or the logits. */
export interface Piece {
  /** Operations, kernels, strides and the size of the map that goes in: all but numbers of channels. Equal for equal pieces. */
  readonly structure: string;
  readonly axes: readonly Axis[];
  /**
   * The piece as a network that can be exported: an image of the map's size, a convolution of one pixel to the piece's
   * channels, the piece, and the mean over the map. @param widths channels, in the order of the axes
   */
  build(widths: readonly number[]): Network;
}

/** A network taken apart. */
export interface SplitNetwork {
  /** In the order of the network. */
  readonly pieces: readonly Piece[];
  /** What stands between each piece and the next: a piece without operations, which is only what `build` puts around one. */
  readonly frames: readonly Piece[];
}

const IMAGE = 'image';
const LEAD = 'lead';

/**
 * Takes a network apart where nothing but one feature map is handed on, after every block: at a batch norm without activation,
 * or the sum that follows it. Derived from the description alone, so that it works for every architecture.
 *
 * Each piece is timed in a frame, since runtimes take images and give logits. The frames' share cancels: the times of all
 * pieces, less the time of the bare frame of each place between two pieces, are the whole network with one call of the runtime.
 */
export function splitNetwork(network: Network): SplitNetwork {
  const cuts = findCuts(network);
  const place = new Map(network.nodes.map(({ name }, index) => [name, index]));
  const starts = [-1, ...cuts.map((name) => place.get(name)!)];
  const whole: Whole = { network, shapes: featureShapes(network), groups: channelGroups(network) };
  const pieces = starts.map((start, i) => {
    const end = i < cuts.length ? starts[i + 1]! : network.nodes.length - 1;
    return makePiece(whole, network.nodes.slice(start + 1, end + 1), cuts[i - 1] ?? null);
  });
  return { pieces, frames: cuts.map((name) => makePiece(whole, [], name)) };
}

/** Names of the nodes after which the network is taken apart. */
function findCuts(network: Network): string[] {
  const lastReader = new Map<string, number>();
  for (const [index, node] of network.nodes.entries()) for (const input of inputsOf(node)) lastReader.set(input, index);
  const cuts: string[] = [];
  /** The last node that reads any of those so far, but the present one. */
  let reach = -1;
  for (const [index, node] of network.nodes.entries()) {
    const ends = node.op === 'add' || (node.op === 'batchNorm' && node.activation === 'none');
    if (ends && reach <= index && node.name !== network.output) cuts.push(node.name);
    reach = Math.max(reach, lastReader.get(node.name) ?? index);
  }
  return cuts;
}

/** What is known of the whole network. */
interface Whole {
  readonly network: Network;
  readonly shapes: ReadonlyMap<string, readonly [height: number, width: number, channels: number]>;
  readonly groups: readonly ChannelGroup[];
}

/** @param input the node whose map goes in; null: the image */
function makePiece(whole: Whole, nodes: readonly NetworkNode[], input: string | null): Piece {
  const { network, shapes } = whole;
  const renamed = new Map(nodes.map((node, i) => [node.name, node.op === 'input' ? IMAGE : `n${i}`]));
  if (input !== null) renamed.set(input, LEAD);
  const originals = new Map([...renamed].map(([from, to]) => [to, from]));
  const last = nodes.at(-1)?.name ?? input!; // A piece without nodes has an input.
  const isWhole = last === network.output;
  const channels = shapes.get(last)![2];
  const [height, width] = input === null ? network.inputSize : shapes.get(input)!;
  const framed: Network = {
    ...network,
    inputSize: [height, width],
    classes: channels,
    nodes: [
      ...(input === null ? [] : leadTo(shapes.get(input)![2])),
      ...nodes.map((node) => renameNode(node, renamed)),
      ...(isWhole ? [] : meanOf(renamed.get(last)!)),
    ],
    output: isWhole ? renamed.get(last)! : 'logits',
  };
  const framedGroups = channelGroups(framed);
  const groups = framedGroups.filter((group) => !group.nodes.includes(IMAGE));
  const axes = groups.map((group) => {
    const members = group.nodes.flatMap((name) => originals.get(name) ?? []);
    const node = members[0]!; // The frame makes no channels of its own.
    const onePixel = members.every((member) => {
      const [rows, columns] = shapes.get(member)!;
      return rows * columns === 1;
    });
    return { node, levels: listLevels(groupOfNode(whole.groups, node)!, { logits: network.output, onePixel }) };
  });
  return {
    structure: `${height}x${width} ${describeNodes(framed.nodes)}`,
    axes,
    build(widths) {
      const byGroup = new Map(groups.map((group, i) => [group.id, widths[i]!]));
      const given = groups.findIndex((group) => group.nodes.includes(framed.output));
      return { ...resizeNetwork(framed, framedGroups, byGroup), classes: widths[given]! };
    },
  };
}

function leadTo(channels: number): NetworkNode[] {
  return [
    { op: 'input', name: IMAGE, channels: 3 },
    {
      op: 'conv',
      name: LEAD,
      input: IMAGE,
      inChannels: 3,
      outChannels: channels,
      kernel: 1,
      stride: 1,
      padding: 0,
      bias: true,
    },
  ];
}

function meanOf(map: string): NetworkNode[] {
  return [
    { op: 'globalAveragePool', name: 'mean', input: map },
    { op: 'flatten', name: 'logits', input: 'mean' },
  ];
}

function renameNode(node: NetworkNode, names: ReadonlyMap<string, string>): NetworkNode {
  const name = names.get(node.name)!;
  const to = (input: string) => names.get(input)!; // Everything that a piece reads is in it, or is its input.
  switch (node.op) {
    case 'input':
      return { ...node, name };
    case 'add':
      return { ...node, name, inputs: node.inputs.map(to) };
    case 'scale':
      return { ...node, name, input: to(node.input), gate: to(node.gate) };
    default:
      return { ...node, name, input: to(node.input) };
  }
}

/** Operations in a row; what does not read the one before it says what it reads. */
function describeNodes(nodes: readonly NetworkNode[]): string {
  return nodes
    .map((node, i) => {
      const inputs = inputsOf(node);
      const usual = inputs.length <= 1 && (inputs[0] === undefined || inputs[0] === nodes[i - 1]?.name);
      return usual ? describeNode(node) : `${describeNode(node)}(${inputs.join()})`;
    })
    .join(' ');
}

function describeNode(node: NetworkNode): string {
  switch (node.op) {
    case 'conv':
    case 'depthwise':
      return `${node.op}-${node.kernel}-${node.stride}-${node.padding}${node.bias ? '-bias' : ''}`;
    case 'batchNorm':
      return node.activation === 'none' ? 'norm' : `norm-${node.activation}`;
    case 'activation':
      return node.activation;
    case 'dense':
      return node.bias ? 'dense-bias' : 'dense';
    default:
      return node.op;
  }
}
