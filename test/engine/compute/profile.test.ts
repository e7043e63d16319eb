import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCompute, startProfile, stopCompute } from '../../../electron/engine/compute/index.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

it('counts and times kernels until it is stopped, inner ones by themselves', () => {
  const profile = startProfile();
  tf.tidy(() => {
    const x = tf.ones([300, 300]);
    tf.matMul(x, tf.matMul(x, x));
    tf.relu(x);
  });
  const table = profile.stop();
  tf.tidy(() => tf.relu(tf.ones([2])));
  const calls = Object.fromEntries(table.map(({ kernel, calls }) => [kernel, calls]));
  expect(calls).toMatchObject({ BatchMatMul: 2, Relu: 1 });
  expect(table[0]!.kernel).toBe('BatchMatMul');
  expect(table.map(({ elapsedMs }) => elapsedMs)).toEqual(table.map((row) => row.elapsedMs).sort((a, b) => b - a));
  expect(table.every(({ elapsedMs }) => elapsedMs >= 0)).toBe(true);
});
