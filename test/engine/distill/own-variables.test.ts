import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { createVariables, disposeVariables, keepAlong } from '../../../electron/engine/distill/own-variables.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

test('begin as they are described, or with what they are given, and leave nothing behind', () => {
  const before = tf.memory().numTensors;
  const start = { deviation: 3, random: new Random('start') };
  const variables = createVariables(
    [
      ['same', { shape: [2], decay: false, start: 7 }],
      ['drawn', { shape: [20, 50], decay: true, start }],
      ['given', { shape: [2], decay: true, start: 0 }],
    ],
    new Map([['given', { shape: [2], values: Float32Array.of(4, 5) }]]),
  );
  const read = (name: string) => [...variables.get(name)!.variable.dataSync()];
  expect(read('same')).toEqual([7, 7]);
  expect(read('given')).toEqual([4, 5]);
  const drawn = read('drawn');
  const variance = drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length;
  expect(Math.sqrt(variance)).toBeGreaterThan(2.7);
  expect(Math.sqrt(variance)).toBeLessThan(3.3);
  expect([...variables.values()].map(({ decay }) => decay)).toEqual([false, true, true]);
  disposeVariables(variables);
  expect(tf.memory().numTensors).toBe(before);
});

test('keep places along any axis', () => {
  const tensor = { shape: [2, 3, 2], values: Float32Array.from({ length: 12 }, (_, i) => i) };
  expect(keepAlong(tensor, 0, [1])).toEqual({ shape: [1, 3, 2], values: Float32Array.of(6, 7, 8, 9, 10, 11) });
  expect(keepAlong(tensor, 1, [0, 2])).toEqual({ shape: [2, 2, 2], values: Float32Array.of(0, 1, 4, 5, 6, 7, 10, 11) });
  expect(keepAlong(tensor, 2, [1])).toEqual({ shape: [2, 3, 1], values: Float32Array.of(1, 3, 5, 7, 9, 11) });
});
