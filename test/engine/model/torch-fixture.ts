import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  type Architecture,
  buildNetwork,
  type HostTensor,
  importWeights,
  type Network,
  readSafetensors,
  type Weights,
} from '../../../electron/engine/model/index.ts';
import { TIMM } from '../../../electron/engine/model/naming/timm.ts';
import { TORCHVISION } from '../../../electron/engine/model/naming/torchvision.ts';

/** The networks that test/fixtures/make-torch-fixture.py writes, and which block's output it recorded. */
export const FIXTURES = [
  { architecture: 'mobilenet-v2', width: 0.1, naming: TORCHVISION, mapName: 'block06/add', mapTensor: 'features.6' },
  {
    architecture: 'mobilenet-v3-large',
    width: 0.1,
    naming: TORCHVISION,
    mapName: 'block06/add',
    mapTensor: 'features.6',
  },
  {
    architecture: 'mobilenet-v3-small',
    width: 0.15,
    naming: TORCHVISION,
    mapName: 'block05/add',
    mapTensor: 'features.5',
  },
  {
    architecture: 'mobilenet-v4-conv-small',
    width: 0.1,
    naming: TIMM,
    mapName: 'block08/add',
    mapTensor: 'blocks.2.3',
  },
  { architecture: 'efficientnet-lite0', width: 0.1, naming: TIMM, mapName: 'block05/add', mapTensor: 'blocks.2.1' },
] as const;

export interface TorchFixture {
  readonly network: Network;
  readonly weights: Weights;
  readonly reference: Map<string, HostTensor>;
}

export function buildFixtureNetwork(architecture: Architecture, classes = 10): Network {
  const { width } = FIXTURES.find((fixture) => fixture.architecture === architecture)!;
  return buildNetwork({ architecture, width, classes, inputSize: 48 });
}

export function readFixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/torch/${name}.safetensors`, import.meta.url));
}

export function loadFixture(architecture: Architecture): TorchFixture {
  const network = buildFixtureNetwork(architecture);
  return {
    network,
    weights: importWeights(network, readFixture(`${architecture}.weights`), new Random(1)).weights,
    reference: readSafetensors(readFixture(`${architecture}.reference`)).tensors,
  };
}

export function toTensor<R extends tf.Rank>({ shape, values }: HostTensor): tf.Tensor<R> {
  return tf.tensor<R>(values, [...shape] as tf.ShapeMap[R]);
}

/** Largest difference as a share of the reference's range (largest minus smallest). */
export function relativeError(actual: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (actual.length !== reference.length) return Number.POSITIVE_INFINITY;
  let [worst, smallest, largest] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < reference.length; i++) {
    const difference = Math.abs(actual[i]! - reference[i]!);
    if (!(difference <= worst)) worst = difference;
    smallest = Math.min(smallest, reference[i]!);
    largest = Math.max(largest, reference[i]!);
  }
  return worst / Math.max(largest - smallest, 1e-12);
}

/** Names of the parameters in which two sets of weights differ by a single bit or in order; quick where `toEqual` is not. */
export function differences(actual: Weights, expected: Weights): string[] {
  const names = [...new Set([...actual.keys(), ...expected.keys()])];
  const order = [...actual.keys()].join() === [...expected.keys()].join() ? [] : ['(order)'];
  return [...order, ...names.filter((name) => !sameTensor(actual.get(name), expected.get(name)))];
}

export function sameTensor(a: HostTensor | undefined, b: HostTensor | undefined): boolean {
  if (!a || !b || a.shape.join() !== b.shape.join() || a.values.length !== b.values.length) return false;
  return a.values.every((value, i) => Object.is(value, b.values[i]));
}
