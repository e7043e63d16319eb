import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { roundValue, roundWeights } from '../../../electron/engine/quantize/rounding.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

describe('rounding', () => {
  test('of values gives the nearest integer, and a gradient within their range only', () => {
    // 0.5 · (-128 + 100) to 0.5 · (127 + 100).
    const affine = { scale: 0.5, zeroPoint: -100 };
    const x = tf.tensor1d([-100, -14, 0.1, 0.3, 113.5, 200]);
    const before = tf.memory().numTensors;
    const { value, grad } = tf.valueAndGrad((v) => tf.sum(tf.mul(roundValue(v, affine), [1, 2, 3, 4, 5, 6])))(x);
    expect(value.dataSync()[0]).toBeCloseTo(-14 - 28 + 0 + 2 + 567.5 + 681, 3);
    expect([...grad.dataSync()]).toEqual([0, 2, 3, 4, 5, 0]);
    tf.dispose([value, grad]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  test('of weights is that of each output channel, and its gradient that of the weights', () => {
    const x = tf.tensor2d([
      [1, 0, 100],
      [0.004, 0, 0.3],
    ]);
    const factors = tf.tensor2d([
      [1, 1, 1],
      [1, 1, 1000],
    ]);
    const { value, grad } = tf.valueAndGrad((w) => tf.sum(tf.mul(roundWeights(w, 3), factors)))(x);
    // 0.004 is nearer to 1/127 than to 0; 0.3 is nearer to 0 than to 100/127.
    expect(value.dataSync()[0]).toBeCloseTo(1 + 1 / 127 + 100, 4);
    expect([...grad.dataSync()]).toEqual([1, 1, 1, 1, 1, 1000]);
    tf.dispose([value, grad, x, factors]);
  });
});
