import type { Activation } from '../../electron/engine/compute/activation.ts';
import { inputsOf, type Network, type NetworkNode } from '../../electron/engine/model/network.ts';
import type { Weights } from '../../electron/engine/model/weights.ts';

/** A feature map in double precision, `[height, width, channels]`; vectors have height and width 1. */
export interface ReferenceMap {
  height: number;
  width: number;
  channels: number;
  values: Float64Array;
}

/**
 * Inference of a network description for one image by plain loops in double precision: an independent reference that
 * shares no code with the real forward pass.
 *
 * @param image `[height, width, channels]`
 * @param visit may look at or change a node's map before it is read by others
 * @returns maps by node name; the logits are those of `network.output`
 */
export function computeReference(
  network: Network,
  weights: Weights,
  image: ArrayLike<number>,
  visit: (node: NetworkNode, map: ReferenceMap) => void = () => undefined,
): Map<string, ReferenceMap> {
  const maps = new Map<string, ReferenceMap>();
  for (const node of network.nodes) {
    const inputs = inputsOf(node).map((name) => maps.get(name)!);
    const map = node.op === 'input' ? readImage(network, node.channels, image) : computeNode(node, inputs, weights);
    visit(node, map);
    maps.set(node.name, map);
  }
  return maps;
}

/** The logits alone, `[classes]`. */
export function referenceLogits(...args: Parameters<typeof computeReference>): Float64Array {
  return computeReference(...args).get(args[0].output)!.values;
}

function readImage(network: Network, channels: number, image: ArrayLike<number>): ReferenceMap {
  const [height, width] = network.inputSize;
  if (image.length !== height * width * channels) throw new Error(`The image has ${image.length} numbers.`);
  return { height, width, channels, values: Float64Array.from(image) };
}

function computeNode(
  node: Exclude<NetworkNode, { op: 'input' }>,
  [x, ...others]: ReferenceMap[],
  weights: Weights,
): ReferenceMap {
  if (!x) throw new Error(`${node.name} has no input.`);
  const read = (role: string): Float32Array => {
    const tensor = weights.get(`${node.name}/${role}`);
    if (!tensor) throw new Error(`No ${node.name}/${role}.`);
    return tensor.values;
  };
  const mapValues = (f: (value: number, channel: number, index: number) => number): ReferenceMap => ({
    ...x,
    values: x.values.map((value, index) => f(value, index % x.channels, index)),
  });
  switch (node.op) {
    case 'conv': {
      const [filter, bias] = [read('weight'), node.bias ? read('bias') : undefined];
      const { kernel, inChannels, outChannels } = node;
      if (x.channels !== inChannels) throw new Error(`${node.name} reads ${x.channels} channels.`);
      return slide(x, node, outChannels, (y, at, out) => {
        for (let o = 0; o < outChannels; o++) {
          let sum = bias?.[o] ?? 0;
          for (let k = 0; k < kernel * kernel; k++) {
            const start = at[k]!;
            if (start < 0) continue;
            for (let i = 0; i < inChannels; i++) {
              sum += x.values[start + i]! * filter[(k * inChannels + i) * outChannels + o]!;
            }
          }
          y[out + o] = sum;
        }
      });
    }
    case 'depthwise': {
      const [filter, bias] = [read('weight'), node.bias ? read('bias') : undefined];
      if (x.channels !== node.channels) throw new Error(`${node.name} reads ${x.channels} channels.`);
      return slide(x, node, node.channels, (y, at, out) => {
        for (let c = 0; c < node.channels; c++) {
          let sum = bias?.[c] ?? 0;
          for (let k = 0; k < node.kernel ** 2; k++) {
            if (at[k]! >= 0) sum += x.values[at[k]! + c]! * filter[k * node.channels + c]!;
          }
          y[out + c] = sum;
        }
      });
    }
    case 'batchNorm': {
      const [gamma, beta, mean, variance] = [read('gamma'), read('beta'), read('mean'), read('variance')];
      if (gamma.length !== x.channels) throw new Error(`${node.name} reads ${x.channels} channels.`);
      return mapValues((value, c) =>
        activate((gamma[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + node.epsilon) + beta[c]!, node.activation),
      );
    }
    case 'activation':
      return mapValues((value) => activate(value, node.activation));
    case 'add':
      return mapValues((value, _, index) => others.reduce((sum, other) => sum + other.values[index]!, value));
    case 'globalAveragePool': {
      const values = new Float64Array(x.channels);
      x.values.forEach((value, index) => {
        values[index % x.channels]! += value / (x.height * x.width);
      });
      return { height: 1, width: 1, channels: x.channels, values };
    }
    case 'scale':
      return mapValues((value, c) => value * others[0]!.values[c]!);
    case 'flatten':
    case 'dropout':
      return { ...x };
    case 'dense': {
      const [weight, bias] = [read('weight'), node.bias ? read('bias') : undefined];
      const values = Float64Array.from({ length: node.outFeatures }, (_, o) => {
        let sum = bias?.[o] ?? 0;
        for (let i = 0; i < node.inFeatures; i++) sum += x.values[i]! * weight[i * node.outFeatures + o]!;
        return sum;
      });
      return { height: 1, width: 1, channels: node.outFeatures, values };
    }
    default:
      throw new Error(`The reference does not know ${JSON.stringify(node satisfies never)}.`);
  }
}

/** Calls `fill` for every output pixel with where each tap of the window starts in `x` (-1: outside). */
function slide(
  x: ReferenceMap,
  { kernel, stride, padding }: { kernel: number; stride: number; padding: number },
  channels: number,
  fill: (y: Float64Array, at: number[], out: number) => void,
): ReferenceMap {
  const height = Math.floor((x.height + 2 * padding - kernel) / stride) + 1;
  const width = Math.floor((x.width + 2 * padding - kernel) / stride) + 1;
  const values = new Float64Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at: number[] = [];
      for (let k = 0; k < kernel * kernel; k++) {
        const r = row * stride - padding + Math.floor(k / kernel);
        const c = column * stride - padding + (k % kernel);
        at.push(r < 0 || c < 0 || r >= x.height || c >= x.width ? -1 : (r * x.width + c) * x.channels);
      }
      fill(values, at, (row * width + column) * channels);
    }
  }
  return { height, width, channels, values };
}

function activate(x: number, activation: Activation): number {
  switch (activation) {
    case 'none':
      return x;
    case 'relu':
      return Math.max(0, x);
    case 'relu6':
      return Math.min(6, Math.max(0, x));
    case 'hard-swish':
      return (x * Math.min(6, Math.max(0, x + 3))) / 6;
    case 'hard-sigmoid':
      return Math.min(6, Math.max(0, x + 3)) / 6;
    default:
      throw new Error(`The reference does not know ${activation satisfies never}.`);
  }
}
