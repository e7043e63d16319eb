import { countNetwork } from './count-network.ts';
import type { Network, NetworkNode } from './network.ts';
import { inferShapes } from './shapes.ts';

/** One line of a network's layer table. */
export interface LayerLine {
  readonly name: string;
  readonly op: NetworkNode['op'];
  /** For one image: `[height, width, channels]`, or `[features]` after flattening. */
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
}

/** The layer table of a network, one line a node, in the order of computation. */
export function describeNetwork(network: Network): LayerLine[] {
  const shapes = inferShapes(network);
  const { byNode } = countNetwork(network);
  return network.nodes.map(({ name, op }) => {
    const { height, width, channels, flat } = shapes.get(name)!;
    const { parameters, macs } = byNode.get(name)!;
    return { name, op, shape: flat ? [channels] : [height, width, channels], parameters, macs };
  });
}
