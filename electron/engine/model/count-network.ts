import type { Network, NetworkNode } from './network.ts';
import { parameterSpecs, sizeOf } from './parameter-specs.ts';
import { type FeatureShape, inferShapes } from './shapes.ts';

export interface Count {
  /** Trained numbers: running statistics of batch norm are not among them. */
  readonly parameters: number;
  /** Multiply-adds for one image. */
  readonly macs: number;
}

export interface NetworkCount extends Count {
  /** Twice the multiply-adds. */
  readonly flops: number;
  readonly byNode: Map<string, Count>;
}

/**
 * Counts parameters and multiply-adds of convolutions and dense layers for one image. Biases, batch norm, activations,
 * pooling and sums cost nothing in this count: it is the convention of the papers and of torchvision's model tables.
 */
export function countNetwork(network: Network): NetworkCount {
  const shapes = inferShapes(network);
  const parametersByNode = new Map<string, number>();
  for (const { name, shape, trainable } of parameterSpecs(network)) {
    if (!trainable) continue;
    const node = name.slice(0, name.lastIndexOf('/'));
    parametersByNode.set(node, (parametersByNode.get(node) ?? 0) + sizeOf(shape));
  }
  const byNode = new Map<string, Count>();
  let parameters = 0;
  let macs = 0;
  for (const node of network.nodes) {
    const count = {
      parameters: parametersByNode.get(node.name) ?? 0,
      macs: countMacs(node, shapes.get(node.name)!),
    };
    byNode.set(node.name, count);
    parameters += count.parameters;
    macs += count.macs;
  }
  return { parameters, macs, flops: 2 * macs, byNode };
}

function countMacs(node: NetworkNode, output: FeatureShape): number {
  switch (node.op) {
    case 'conv':
      return output.height * output.width * node.kernel ** 2 * node.inChannels * node.outChannels;
    case 'depthwise':
      return output.height * output.width * node.kernel ** 2 * node.channels;
    case 'dense':
      return node.inFeatures * node.outFeatures;
    default:
      return 0;
  }
}
