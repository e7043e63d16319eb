import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { linearPlaces, meanPlaces, nearestPlaces, resample } from '../../../electron/engine/distill/resample.ts';
import { draw } from './check-gradient.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('means share what does not divide', () => {
  expect(meanPlaces(4, 2)).toEqual([
    [0.5, 0.5, 0, 0],
    [0, 0, 0.5, 0.5],
  ]);
  expect(meanPlaces(3, 2)).toEqual([
    [0.5, 0.5, 0],
    [0, 0.5, 0.5],
  ]);
});

test('nearest places repeat', () => {
  expect(nearestPlaces(2, 3)).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
  ]);
});

test('gives what pooling and resizing give, and leaves nothing behind', () => {
  const x = draw<tf.Rank.R4>([2, 4, 6, 3], 'x');
  const before = tf.memory().numTensors;
  const compare = (made: tf.Tensor4D, expected: tf.Tensor4D) => {
    expect(made.shape).toEqual(expected.shape);
    const difference = tf.max(tf.abs(tf.sub(made, expected)));
    expect(difference.dataSync()[0]).toBeLessThan(1e-5);
    tf.dispose([made, expected, difference]);
  };
  tf.tidy(() => {
    compare(resample(x, meanPlaces(4, 2), meanPlaces(6, 2)), tf.avgPool(x, [2, 3], [2, 3], 'valid'));
    for (const [height, width] of [
      [3, 4],
      [9, 7],
    ] as const) {
      const resized = resample(x, linearPlaces(4, height), linearPlaces(6, width));
      compare(resized, tf.image.resizeBilinear(x, [height, width], false, true));
    }
    compare(resample(x, nearestPlaces(4, 8), nearestPlaces(6, 12)), tf.image.resizeNearestNeighbor(x, [8, 12]));
  });
  resample(x, meanPlaces(4, 1), nearestPlaces(6, 9)).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
