import { editDistance } from '../../../shared/text/suggest-name.ts';
import { DecantError } from '../core/errors.ts';
import { inputsOf, type Network, type NetworkNode } from './network.ts';
import { inferShapes } from './shapes.ts';

/** A node whose output can be captured by name. */
export interface Tap {
  readonly name: string;
  readonly op: NetworkNode['op'];
  /** For one image, `[height, width, channels]`; vectors are `[1, 1, features]`. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Input height over this map's height, rounded: 1 for full size. Vectors have the input's height. */
  readonly stride: number;
  /** True for `[batch, features]` outputs. */
  readonly flat: boolean;
}

/** Every node of a network as a tap, in the order of computation. */
export function listTaps(network: Network): Tap[] {
  const shapes = inferShapes(network);
  return network.nodes.map(({ name, op }) => {
    const { height, width, channels, flat } = shapes.get(name)!;
    return { name, op, shape: [height, width, channels], stride: Math.round(network.inputSize[0] / height), flat };
  });
}

/**
 * The nodes in which blocks end: batch norms without activation that follow a convolution of all channels (Sandler et al. 2018),
 * and the sums that they are added to.
 */
export function listBlockEnds({ nodes }: Network): NetworkNode[] {
  const convolutions = new Set(nodes.filter(({ op }) => op === 'conv').map(({ name }) => name));
  return nodes.filter(
    (node) =>
      node.op === 'add' || (node.op === 'batchNorm' && node.activation === 'none' && convolutions.has(node.input)),
  );
}

/** Name of the node whose output `[batch, length]` enters a network's classifier: its embedding of an image. */
export function embeddingTap({ nodes, output }: Network): string {
  const inputOf = (name: string) => inputsOf(nodes.find((node) => node.name === name)!)[0]!; // checkNetwork knows every name.
  let name = inputOf(output);
  while (nodes.some((node) => node.name === name && node.op === 'dropout')) name = inputOf(name);
  return name;
}

/** Length of a network's embedding. */
export function embeddingLength(network: Network): number {
  const name = embeddingTap(network);
  return listTaps(network).find((tap) => tap.name === name)!.shape[2];
}

/** Throws `network.invalid` for a tap that the network does not have; the message lists names near it. */
export function checkTaps(network: Network, taps: readonly string[]): void {
  const names = network.nodes.map((node) => node.name);
  for (const tap of taps) {
    if (names.includes(tap)) continue;
    const near = nearest(tap, names, 3);
    throw new DecantError(
      'network.invalid',
      `${network.architecture} has no node "${tap}" to tap: did you mean ${near.map((name) => `"${name}"`).join(', ')}?`,
      { tap, near },
    );
  }
}

/** The `count` names nearest to a misspelled one, by the share of their letters that differs. */
export function nearest(wrong: string, names: readonly string[], count: number): string[] {
  return names
    .map((name) => ({ name, distance: editDistance(wrong, name) / Math.max(wrong.length, name.length) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name);
}
