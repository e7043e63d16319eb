import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  disposeForward,
  forward,
  InferenceNetwork,
  listTaps,
  type NodeOf,
  Parameters,
} from '../../../electron/engine/model/index.ts';
import { drawRequest } from '../export/samples.ts';

beforeAll(() => startCompute({ backend: 'simd', threads: 2 }));
afterAll(stopCompute);

const { network, weights } = drawRequest({ architecture: 'mobilenet-v3-small', width: 0.25, inputSize: 32 });
const random = new Random('inference');
const pixels = Float32Array.from({ length: 3 * 32 * 32 * 3 }, () => random.normal());
const names = listTaps(network).map(({ name }) => name);
/** Every node but those whose output batch norm is folded into. */
const foldable = names.filter((name) => !network.nodes.some((node) => node.op === 'batchNorm' && node.input === name));

/** Largest difference from the network as it is, by the largest number. */
async function compare(taps: readonly string[]): Promise<number> {
  const images = tf.tensor4d(pixels, [3, 32, 32, 3]);
  const parameters = Parameters.fromWeights(network, weights);
  const expected = forward(network, parameters, images, { training: false, taps });
  const inference = new InferenceNetwork({ network, weights }, taps);
  const before = tf.memory().numTensors;
  const actual = inference.forward(images, taps);
  let largest = await difference(actual.logits, expected.logits);
  for (const tap of taps) largest = Math.max(largest, await difference(actual.taps.get(tap)!, expected.taps.get(tap)!));
  tf.dispose([actual.logits, ...actual.taps.values()]);
  expect(tf.memory().numTensors).toBe(before);
  inference.dispose();
  disposeForward(expected);
  parameters.dispose();
  images.dispose();
  return largest;
}

async function difference(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [await a.data<'float32'>(), await b.data<'float32'>()];
  const scale = y.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0) / scale;
}

it('gives what the network gives, up to rounding, at every node that folding leaves', async () => {
  expect(await compare(foldable)).toBeLessThan(1e-4);
  expect(tf.memory().numTensors).toBe(0);
});

it('gives exactly what the network gives where a tap lies before a batch norm', async () => {
  const norm = network.nodes.find((node): node is NodeOf<'batchNorm'> => node.op === 'batchNorm')!;
  expect(await compare([norm.input, norm.name])).toBe(0);
});

it('gives the same bits with any number of threads', async () => {
  const logits: number[][] = [];
  for (const threads of [1, 2, 3]) {
    await startCompute({ backend: 'simd', threads });
    const inference = new InferenceNetwork({ network, weights });
    const output = tf.tidy(() => inference.forward(tf.tensor4d(pixels, [3, 32, 32, 3])).logits);
    logits.push([...(await output.data())]);
    output.dispose();
    inference.dispose();
  }
  expect(logits[1]).toEqual(logits[0]);
  expect(logits[2]).toEqual(logits[0]);
});

it('refuses a node that it does not have', () => {
  expect(() => new InferenceNetwork({ network, weights }, ['no such node'])).toThrow(/no such node/);
});
