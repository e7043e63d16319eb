import { readFileSync } from 'node:fs';
import {
  type Architecture,
  buildNetwork,
  explicitChannels,
  type Network,
  type NodeOf,
  parameterSpecs,
  type Weights,
} from '../../../electron/engine/model/index.ts';
import { TORCHVISION } from '../../../electron/engine/model/naming/torchvision.ts';
import { fromTorchLayout, torchShape } from '../../../electron/engine/model/torch-layout.ts';
import type { TrainingBatch } from '../../../electron/engine/teacher/index.ts';

/** What test/fixtures/make-gradient-fixture.py records of a tensor, in PyTorch's order of elements. */
export interface Summary {
  readonly norm: number;
  /** Sums of all elements with random signs. */
  readonly sums: readonly number[];
  /** All elements, of small tensors. */
  readonly values?: readonly number[];
}

export interface RecordedStep {
  /** Of the names that numbers of the trained network are drawn by. */
  readonly prefix: string;
  readonly losses: Readonly<Record<string, number>>;
  /** Output channels by layer, in torchvision's names; a teacher's begin with `teacher.`. */
  readonly widths: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly statistics: Readonly<Record<string, Summary>>;
  /** Largest errors of PyTorch's own single precision, as `compareTensor` measures them. */
  readonly float32: { readonly gradients: number; readonly statistics: number };
}

export interface GradientFixture {
  /** Images a step. */
  readonly batch: number;
  /** Height and width of the images, pixels. */
  readonly size: readonly [number, number];
  readonly steps: Readonly<Record<'mobilenet-v2' | 'mobilenet-v3-large' | 'distillation', RecordedStep>>;
}

export const CLASSES = 7;

export function readGradientFixture(name: 'odd' | 'single' | 'pixel' | 'full'): GradientFixture {
  // Written by the script.
  return JSON.parse(readFileSync(new URL(`../../fixtures/gradients/${name}.json`, import.meta.url), 'utf8'));
}

/** Numbers in [0, 1) that the script draws too: FNV-1a of the name, and lowbias32 of each index. */
export function noise(name: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, 0x9e3779b1) + seed) >>> 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    numbers[i] = (x >>> 0) / 2 ** 32;
  }
  return numbers;
}

export function drawBatch({ batch, size: [height, width] }: GradientFixture): TrainingBatch {
  const images = Float32Array.from(noise('images', batch * height * width * 3), (u) => (2 * u - 1) * 1.7);
  const targets = new Float32Array(batch * CLASSES);
  for (let i = 0; i < batch; i++) targets[i * CLASSES + ((i * 3) % CLASSES)] = 1;
  return { images, targets, size: batch };
}

/** The network with the channels that PyTorch's has, without dropout. */
export function buildLike(
  architecture: Architecture,
  size: GradientFixture['size'],
  widths: RecordedStep['widths'],
  prefix = '',
): Network {
  const options = { architecture, classes: CLASSES, inputSize: size };
  const nominal = buildNetwork(options);
  const modules = TORCHVISION.modules(nominal);
  const channels = Object.fromEntries(
    Object.keys(explicitChannels(nominal)).map((name) => [name, widths[prefix + modules.get(name)!]!]),
  );
  const network = buildNetwork({ ...options, channels });
  return { ...network, nodes: network.nodes.map((node) => (node.op === 'dropout' ? { ...node, rate: 0 } : node)) };
}

/** A parameter of ours as PyTorch knows it. */
export interface TorchParameter {
  readonly name: string;
  readonly torchName: string;
  readonly op: NodeOf<'conv'>['op'] | NodeOf<'depthwise'>['op'] | NodeOf<'dense'>['op'] | NodeOf<'batchNorm'>['op'];
  readonly shape: readonly number[];
}

const TORCH_ROLES: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

export function listTorchParameters(network: Network): TorchParameter[] {
  const modules = TORCHVISION.modules(network);
  const nodes = new Map(network.nodes.map((node) => [node.name, node]));
  return parameterSpecs(network).map(({ name, shape }) => {
    const split = name.lastIndexOf('/');
    const [owner, role] = [name.slice(0, split), name.slice(split + 1)];
    const op = nodes.get(owner)!.op as TorchParameter['op']; // Only these have parameters.
    return { name, torchName: `${modules.get(owner)}.${TORCH_ROLES[role] ?? role}`, op, shape };
  });
}

/** The script's weights: the same draws, in our layout. */
export function drawWeights(parameters: readonly TorchParameter[], prefix: string): Weights {
  return new Map(
    parameters.map(({ name, torchName, op, shape }) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const numbers = noise(prefix + torchName, count);
      const [, ...inputs] = torchShape(op, shape);
      const fanIn = inputs.reduce((product, extent) => product * extent, 1);
      const role = op === 'batchNorm' ? torchName.slice(torchName.lastIndexOf('.') + 1) : 'other';
      const drawn = Float32Array.from(numbers, (u) => {
        if (role === 'running_var') return 0.7 + u;
        if (role === 'weight') return 0.75 + 0.5 * u;
        if (role !== 'other' || shape.length === 1) return 0.4 * u - 0.2;
        return (2 * u - 1) * Math.sqrt(6 / fanIn);
      });
      return [name, fromTorchLayout(op, shape, drawn)] as const;
    }),
  );
}

/**
 * How far a tensor of ours is from the recorded one: the largest difference in norm, in a sum or (from the root of the
 * summed squares) in the elements, relative to the recorded norm, or to `floor` where that is larger.
 */
export function compareTensor(
  values: Float32Array,
  { torchName, op, shape }: Omit<TorchParameter, 'name'>,
  expected: Summary,
  floor: number,
): number {
  // Signs and elements are brought to our layout, rather than the tensor to PyTorch's.
  const toOurs = (numbers: ArrayLike<number>) => fromTorchLayout(op, shape, Float32Array.from(numbers)).values;
  let squares = 0;
  for (const value of values) squares += value * value;
  const differences = [Math.sqrt(squares) - expected.norm];
  for (const [i, sum] of expected.sums.entries()) {
    const signs = toOurs(noise(`${torchName}#${i}`, values.length).map((u) => (u < 0.5 ? -1 : 1)));
    differences.push(values.reduce((total, value, at) => total + value * signs[at]!, 0) - sum);
  }
  if (expected.values) {
    const elements = toOurs(expected.values);
    differences.push(Math.hypot(...values.map((value, at) => value - elements[at]!)));
  }
  return Math.max(...differences.map(Math.abs)) / Math.max(expected.norm, floor);
}

/** A ten-thousandth of the largest norm: gradients that are zero but for rounding are measured by it. */
export function floorOf(summaries: Readonly<Record<string, Summary>>): number {
  return 1e-4 * Math.max(...Object.values(summaries).map(({ norm }) => norm));
}
