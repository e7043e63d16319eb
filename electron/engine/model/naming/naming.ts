import type { Network } from '../network.ts';

/** How another library names the layers of a network. */
export interface Naming {
  readonly library: 'torchvision' | 'timm';
  /** A tensor that every file of this library's networks has. */
  readonly mark: string;
  /** The module of the library that holds each node's parameters, by node name. */
  modules(network: Network): Map<string, string>;
  /** Epsilon of batch norm in the library's networks; weights are adjusted where ours differs. */
  epsilon(network: Network): number;
}

/** What the blocks of a MobileNet have, in order: enough to number the layers as other libraries do. */
export interface BlockFacts {
  /** Name of the block, such as `block03`. */
  readonly name: string;
  /** Whether it is a single convolution. */
  readonly isConvolution: boolean;
  readonly expands: boolean;
  readonly squeezes: boolean;
}

export function listBlocks(network: Network): BlockFacts[] {
  const names = new Set(network.nodes.map(({ name }) => name));
  const blocks = new Set([...names].flatMap((name) => /^block\d+(?=\/)/.exec(name)?.[0] ?? []));
  return [...blocks].map((name) => ({
    name,
    isConvolution: names.has(`${name}/conv`),
    expands: names.has(`${name}/expand/conv`),
    squeezes: names.has(`${name}/squeeze/scale`),
  }));
}

/** Whether a network ends like MobileNetV3, in a hidden dense layer before the logits. */
export function hasHiddenLayer(network: Network): boolean {
  return network.nodes.some(({ name }) => name === 'classifier/hidden');
}

/** The epsilon of our own batch norm. */
export function ownEpsilon(network: Network): number {
  return network.nodes.find((node) => node.op === 'batchNorm')?.epsilon ?? 1e-5;
}
