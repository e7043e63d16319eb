import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { forward } from '../../../electron/engine/model/forward.ts';
import type { Network } from '../../../electron/engine/model/network.ts';
import { Parameters } from '../../../electron/engine/model/parameters.ts';
import type { Weights } from '../../../electron/engine/model/weights.ts';
import { channelGroups } from '../../../electron/engine/prune/channel-groups.ts';
import { TaylorAccumulator } from '../../../electron/engine/prune/taylor-accumulator.ts';
import { referenceLogits } from '../../helpers/reference-forward.ts';
import { drawCase, drawImage } from './random-network.ts';

beforeAll(() => startCompute({ backend: 'cpu' }));
afterAll(() => stopCompute());

/** Gradients of `sum(logits * coefficients)` by parameter name; the caller disposes them. */
function computeGradients(network: Network, parameters: Parameters, image: Float32Array, coefficients: number[]) {
  const { grads, value } = tf.variableGrads(
    () =>
      tf.tidy(() => {
        const images = tf.tensor4d(image, [1, ...network.inputSize, 3]);
        const { logits } = forward(network, parameters, images, { training: false });
        return tf.sum(tf.mul(logits, tf.tensor1d(coefficients))) as tf.Scalar; // A sum over all axes.
      }),
    parameters.trainable,
  );
  value.dispose();
  return new Map(
    [...parameters.variables]
      .filter(([, { trainable }]) => trainable)
      .map(([name, { name: key }]) => [name, grads[key]!]),
  );
}

/** The same loss in double precision, with one channel of the given batch norms or of the given readers' inputs scaled. */
function scaledLoss(
  network: Network,
  weights: Weights,
  image: Float32Array,
  scaling: { norms: readonly string[]; readers: readonly string[]; channel: number; factor: number },
): number {
  const scaled = new Map(weights);
  const scale = (name: string, belongs: (index: number, outputs: number, inputs: number) => boolean): void => {
    const { shape, values } = scaled.get(name)!;
    const [inputs, outputs] = [shape.at(-2) ?? 0, shape.at(-1)!];
    scaled.set(name, {
      shape,
      values: values.map((value, i) => (belongs(i, outputs, inputs) ? value * scaling.factor : value)),
    });
  };
  for (const norm of scaling.norms) {
    for (const role of ['gamma', 'beta']) scale(`${norm}/${role}`, (i) => i === scaling.channel);
  }
  for (const reader of scaling.readers) {
    scale(`${reader}/weight`, (i, outputs, inputs) => Math.floor(i / outputs) % inputs === scaling.channel);
  }
  return referenceLogits(network, scaled, image).reduce((sum, logit, i) => sum + logit * COEFFICIENTS[i]!, 0);
}

const COEFFICIENTS = [1, -2, 0.5];

describe('TaylorAccumulator', () => {
  it('gives the mean squared derivative of the loss by a factor on the channel', async () => {
    let compared = 0;
    const kinds = new Set<boolean>();
    for (let seed = 0; seed < 12; seed++) {
      const { network, weights, groups, image } = drawCase(`taylor-${seed}`);
      const images = [image, drawImage(network, new Random(`second-${seed}`))];
      using parameters = Parameters.fromWeights(network, weights);
      const accumulator = new TaylorAccumulator(network);
      for (const one of images) {
        const gradients = computeGradients(network, parameters, one, COEFFICIENTS);
        accumulator.add(gradients, parameters.variables);
        tf.dispose([...gradients.values()]);
      }
      const scores = await accumulator.scores();
      accumulator.dispose();
      const byName = new Map(network.nodes.map((node) => [node.name, node]));
      const isNorm = (name: string): boolean => byName.get(name)!.op === 'batchNorm';
      const isNormalized = (name: string): boolean =>
        network.nodes.some((node) => node.op === 'batchNorm' && node.input === name);
      for (const group of groups.filter(({ prunable }) => prunable)) {
        const makers = group.producers.filter((name) => !group.gates.includes(name));
        const normalized = makers.every(isNormalized);
        const norms = normalized ? group.nodes.filter(isNorm) : [];
        const readers = normalized ? [] : group.consumers;
        kinds.add(normalized);
        const expected = Array.from({ length: group.channels }, (_, channel) => {
          const squares = images.map((one) => {
            const [above, below] = [1 + 1e-4, 1 - 1e-4].map((factor) =>
              scaledLoss(network, weights, one, { norms, readers, channel, factor }),
            );
            return ((above! - below!) / 2e-4) ** 2;
          });
          return (squares[0]! + squares[1]!) / 2;
        });
        const range = Math.max(...expected);
        const actual = scores.get(group.id)!;
        expect(actual).toHaveLength(group.channels);
        // Kinks of relu and the float32 weights of the difference quotient leave a little.
        expected.forEach((value, channel) => {
          expect(Math.abs(actual[channel]! - value)).toBeLessThanOrEqual(0.02 * range + 1e-6);
          compared++;
        });
      }
    }
    expect(compared).toBeGreaterThan(150);
    expect(kinds.size).toBe(2);
  });

  it('keeps one tensor, whatever it is fed, and none after dispose', () => {
    const { network, weights, image } = drawCase('leak');
    const before = tf.memory().numTensors;
    const parameters = Parameters.fromWeights(network, weights);
    const accumulator = new TaylorAccumulator(network);
    const gradients = computeGradients(network, parameters, image, COEFFICIENTS);
    const fed = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) accumulator.add(gradients, parameters.variables);
    expect(tf.memory().numTensors).toBe(fed + 1);
    expect(accumulator.batches).toBe(5);
    accumulator.reset();
    expect(tf.memory().numTensors).toBe(fed);
    accumulator.add(gradients, parameters.variables);
    accumulator.dispose();
    parameters.dispose();
    tf.dispose([...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('goes on from its saved state as if never interrupted', async () => {
    const { network, weights, image } = drawCase('state');
    using parameters = Parameters.fromWeights(network, weights);
    const whole = new TaylorAccumulator(network);
    const first = new TaylorAccumulator(network);
    const feed = (accumulator: TaylorAccumulator, round: number): void => {
      const gradients = computeGradients(network, parameters, image, [round, 1, -1]);
      accumulator.add(gradients, parameters.variables);
      tf.dispose([...gradients.values()]);
    };
    for (const round of [1, 2, 3]) feed(whole, round);
    feed(first, 1);
    const resumed = new TaylorAccumulator(network, await first.toState());
    for (const round of [2, 3]) feed(resumed, round);
    expect(await resumed.toState()).toEqual(await whole.toState());
    expect(await resumed.scores()).toEqual(await whole.scores());
    for (const accumulator of [whole, first, resumed]) accumulator.dispose();
  });

  it('starts with zeros, and names what is missing', async () => {
    const { network } = drawCase('state');
    const accumulator = new TaylorAccumulator(network);
    const prunable = channelGroups(network).filter((group) => group.prunable);
    expect(await accumulator.scores()).toEqual(
      new Map(prunable.map(({ id, channels }) => [id, new Float32Array(channels)])),
    );
    expect(() => accumulator.add(new Map(), new Map())).toThrow(`the gradient of "${accumulator.parameters[0]}"`);
    const sums = new Map([[prunable[0]!.id, new Float32Array(99)]]);
    expect(() => new TaylorAccumulator(network, { batches: 1, sums })).toThrow('saved importance has 99 numbers');
  });
});
