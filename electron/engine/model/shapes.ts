import { DecantError } from '../core/errors.ts';
import type { Network, NetworkNode } from './network.ts';

/** What a node gives for one image: a map, or (`flat`) a vector, whose height and width are then 1. */
export interface FeatureShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly flat: boolean;
}

/**
 * What every node gives for one image, `[height, width, channels]`, by node name; vectors are `[1, 1, features]`.
 *
 * Throws `network.invalid` with the node's name where the description contradicts itself.
 */
export function featureShapes(network: Network): Map<string, [height: number, width: number, channels: number]> {
  const shapes = inferShapes(network);
  return new Map([...shapes].map(([name, { height, width, channels }]) => [name, [height, width, channels]]));
}

/** `featureShapes`, with vectors told from maps. */
export function inferShapes(network: Network): Map<string, FeatureShape> {
  const shapes = new Map<string, FeatureShape>();
  for (const node of network.nodes) shapes.set(node.name, inferShape(node, network, shapes));
  return shapes;
}

function inferShape(node: NetworkNode, network: Network, shapes: ReadonlyMap<string, FeatureShape>): FeatureShape {
  const read = (name: string): FeatureShape => {
    const shape = shapes.get(name);
    if (shape) return shape;
    throw invalid(node, `reads "${name}", which is not computed before it`);
  };
  switch (node.op) {
    case 'input':
      return { height: network.inputSize[0], width: network.inputSize[1], channels: node.channels, flat: false };
    case 'conv': {
      const input = asMap(node, node.input, read(node.input));
      expectChannels(node, node.input, input, node.inChannels);
      return { ...slide(node, input), channels: node.outChannels, flat: false };
    }
    case 'depthwise': {
      const input = asMap(node, node.input, read(node.input));
      expectChannels(node, node.input, input, node.channels);
      return { ...slide(node, input), channels: node.channels, flat: false };
    }
    case 'batchNorm': {
      const input = asMap(node, node.input, read(node.input));
      expectChannels(node, node.input, input, node.channels);
      return input;
    }
    case 'activation':
    case 'dropout':
      return read(node.input);
    case 'add': {
      const [first, ...others] = node.inputs.map((name) => ({ name, shape: read(name) }));
      if (!first || others.length === 0) throw invalid(node, 'adds fewer than two feature maps');
      for (const other of others) {
        if (sameShape(first.shape, other.shape)) continue;
        throw invalid(
          node,
          `adds "${first.name}" ${formatShape(first.shape)} and "${other.name}" ${formatShape(other.shape)}, whose shapes differ`,
        );
      }
      return first.shape;
    }
    case 'globalAveragePool':
      return { ...asMap(node, node.input, read(node.input)), height: 1, width: 1 };
    case 'scale': {
      const input = asMap(node, node.input, read(node.input));
      const gate = asMap(node, node.gate, read(node.gate));
      if (gate.height === 1 && gate.width === 1 && gate.channels === input.channels) return input;
      throw invalid(
        node,
        `scales "${node.input}" ${formatShape(input)} by "${node.gate}" ${formatShape(gate)}, which should be [1, 1, ${input.channels}]`,
      );
    }
    case 'flatten': {
      const input = asMap(node, node.input, read(node.input));
      if (input.height !== 1 || input.width !== 1) {
        throw invalid(
          node,
          `flattens "${node.input}" ${formatShape(input)}, which is more than one pixel: pool it first`,
        );
      }
      return { ...input, flat: true };
    }
    case 'dense': {
      const input = read(node.input);
      if (!input.flat)
        throw invalid(node, `reads the feature map "${node.input}" ${formatShape(input)}: flatten it first`);
      expectChannels(node, node.input, input, node.inFeatures);
      return { height: 1, width: 1, channels: node.outFeatures, flat: true };
    }
    default:
      return node satisfies never;
  }
}

/** A `network.invalid` error that names the node. */
export function invalid(node: { readonly name: string }, problem: string): DecantError {
  return new DecantError('network.invalid', `Node "${node.name}" ${problem}.`, { node: node.name });
}

function asMap(node: NetworkNode, name: string, shape: FeatureShape): FeatureShape {
  if (shape.flat) throw invalid(node, `reads "${name}", a vector, but needs a feature map`);
  return shape;
}

function expectChannels(node: NetworkNode, name: string, shape: FeatureShape, channels: number): void {
  if (shape.channels === channels) return;
  throw invalid(node, `expects ${channels} channels, but "${name}" gives ${shape.channels}`);
}

function slide(
  node: Extract<NetworkNode, { kernel: number }>,
  { height, width }: FeatureShape,
): { height: number; width: number } {
  const [outHeight, outWidth] = [height, width].map(
    (size) => Math.floor((size + 2 * node.padding - node.kernel) / node.stride) + 1,
  ) as [number, number];
  if (outHeight >= 1 && outWidth >= 1) return { height: outHeight, width: outWidth };
  throw invalid(
    node,
    `slides a ${node.kernel} x ${node.kernel} window over a map of ${height} x ${width} pixels, which leaves nothing: use a larger input`,
  );
}

function sameShape(a: FeatureShape, b: FeatureShape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels && a.flat === b.flat;
}

function formatShape({ height, width, channels, flat }: FeatureShape): string {
  return flat ? `[${channels}]` : `[${height}, ${width}, ${channels}]`;
}
