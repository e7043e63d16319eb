import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { type AdaptedPair, Adapters, cutAdapters } from '../../../electron/engine/distill/index.ts';
import type { Weights } from '../../../electron/engine/model/index.ts';
import { draw } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

const pair: AdaptedPair = { student: 's', teacher: 't', studentChannels: 5, teacherChannels: 3 };
const random = new Random(1);
const keep = (kept: Record<string, number[]>) => ({ map: (tap: string) => kept[tap]!, embedding: () => [] });
const toWeights = (adapters: Adapters): Weights =>
  new Map(
    [...adapters.variables].map(([name, { variable: v }]) => [
      name,
      { shape: v.shape, values: v.dataSync<'float32'>().slice() },
    ]),
  );

test('gives normalized maps with the channels of the teacher', () => {
  const adapters = Adapters.create([pair], { random });
  const y = adapters.adapt(pair, draw([4, 3, 3, 5], 'x'));
  expect(y.shape).toEqual([4, 3, 3, 3]);
  const { mean, variance } = tf.moments(y, [0, 1, 2]);
  for (const value of mean.dataSync()) expect(value).toBeCloseTo(0, 4);
  for (const value of variance.dataSync()) expect(value).toBeCloseTo(1, 3);
});

test('starts alike from one seed, and goes on from given weights', () => {
  const first = Adapters.create([pair], { random });
  const second = Adapters.create([pair], { random: new Random(1) });
  expect(toWeights(second)).toEqual(toWeights(first));
  first.variables.get('s~t/gamma')!.variable.assign(tf.tensor1d([1, 2, 3]));
  const third = Adapters.create([pair], { weights: toWeights(first), random: new Random(2) });
  expect(toWeights(third)).toEqual(toWeights(first));
});

test('after a cut, gives what zeroed channels gave before', () => {
  const adapters = Adapters.create([pair], { random });
  const kept = [0, 2, 3];
  const cut = Adapters.create([{ ...pair, studentChannels: 3 }], {
    weights: cutAdapters(toWeights(adapters), keep({ s: kept })),
    random,
  });
  const x = draw<tf.Rank.R4>([2, 2, 2, 5], 'x');
  const masked = tf.mul<tf.Tensor4D>(x, tf.tensor1d([1, 0, 1, 1, 0]));
  const small = tf.gather(x, kept, 3) as tf.Tensor4D;
  const difference = tf.sub(cut.adapt({ ...pair }, small), adapters.adapt(pair, masked));
  expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-5);
});

test('a cut leaves what is no adapter of that tap', () => {
  const weights: Weights = new Map([
    ['s/weight', { shape: [1, 1, 2, 2], values: new Float32Array(4) }],
    ['other~t/weight', { shape: [1, 1, 2, 2], values: new Float32Array(4) }],
    ['s~t/gamma', { shape: [2], values: new Float32Array(2) }],
  ]);
  expect(cutAdapters(weights, keep({ s: [0], other: [0, 1] }))).toEqual(weights);
});

test('names the adapter whose shape does not fit', () => {
  const weights = toWeights(Adapters.create([pair], { random }));
  expect(() => Adapters.create([{ ...pair, studentChannels: 4 }], { weights, random })).toThrow(
    /"s~t\/weight" has the shape \[1, 1, 5, 3\].*\[1, 1, 4, 3\]/,
  );
});

test('leaves nothing behind', () => {
  const before = tf.memory().numTensors;
  const adapters = Adapters.create([pair], { random });
  const x = draw<tf.Rank.R4>([2, 2, 2, 5], 'x');
  tf.dispose([x, adapters.adapt(pair, x)]);
  adapters.dispose();
  expect(tf.memory().numTensors - before).toBe(0);
});
