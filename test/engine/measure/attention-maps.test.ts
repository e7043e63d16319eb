import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { choosePairs } from '../../../electron/engine/distill/index.ts';
import { attentionMaps } from '../../../electron/engine/measure/index.ts';
import {
  buildNetwork,
  disposeForward,
  forward,
  InferenceNetwork,
  initializeWeights,
  Parameters,
} from '../../../electron/engine/model/index.ts';

beforeAll(() => startCompute({ backend: 'simd', threads: 1 }));
afterAll(stopCompute);

const random = new Random('attention');
const network = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 3, inputSize: 64 });
const image = Float32Array.from({ length: 64 * 64 * 3 }, () => random.normal());

it('is the mean of the squares over the channels, from 0 to 1, and leaves no tensors', async () => {
  const weights = initializeWeights(network, random);
  const taps = choosePairs(network, network, { pairs: null, levels: 3 }).map(({ student }) => student);
  const folded = new InferenceNetwork({ network, weights }, taps);
  const before = tf.memory().numTensors;
  const maps = await attentionMaps(folded, image, [...taps, taps[0]!]);
  expect(tf.memory().numTensors).toBe(before);
  expect(maps.map(({ tap }) => tap)).toEqual([...taps, taps[0]]);

  const parameters = Parameters.fromWeights(network, weights);
  const features = forward(network, parameters, tf.tensor4d(image, [1, 64, 64, 3]), { training: false, taps });
  for (const { tap, height, width, values } of maps) {
    const feature = features.taps.get(tap)!;
    const [, h = 0, w = 0, channels = 0] = feature.shape;
    expect([height, width]).toEqual([h, w]);
    const numbers = await feature.data();
    const energy = Array.from({ length: h * w }, (_, place) => {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += numbers[place * channels + channel]! ** 2;
      return sum / channels;
    });
    const [lowest, highest] = [Math.min(...energy), Math.max(...energy)];
    for (const [place, value] of values.entries())
      expect(value).toBeCloseTo((energy[place]! - lowest) / (highest - lowest), 4);
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 1]);
  }
  disposeForward(features);
  parameters.dispose();
  folded.dispose();
});

it('is 0 everywhere where a feature is the same everywhere', async () => {
  const weights = initializeWeights(network, random);
  // Every number is 0, so that every feature is.
  for (const { values } of weights.values()) values.fill(0);
  const [, pair] = choosePairs(network, network, { pairs: null, levels: 2 });
  const folded = new InferenceNetwork({ network, weights }, [pair!.student]);
  const [map] = await attentionMaps(folded, image, [pair!.student]);
  expect(map!.values.length).toBeGreaterThan(1);
  expect([...map!.values].every((value) => value === 0)).toBe(true);
  folded.dispose();
});
