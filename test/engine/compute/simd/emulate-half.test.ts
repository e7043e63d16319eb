import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { computePrecision, conv2d, startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { toHalf } from '../../../../electron/engine/export/half.ts';
import { itRoundsToHalf } from '../half-rounding.ts';

describe('mixed precision emulated on simd', () => {
  beforeAll(async () => {
    await startCompute({ backend: 'simd', threads: 1, precision: 'mixed', emulateHalf: true });
  });
  afterAll(stopCompute);

  it('says so', () => {
    expect(computePrecision()).toBe('mixed');
  });

  itRoundsToHalf();

  it('rounds as the exporter of 16-bit weights does, and leaves no tensors', async () => {
    const random = new Random('half');
    const values = Float32Array.from({ length: 4096 }, () => (random.next() - 0.5) * 2 ** (random.integer(40) - 26));
    const before = tf.memory();
    const x = tf.tensor4d(values, [1, 64, 64, 1]);
    const y = conv2d(x, tf.ones([1, 1, 1, 1]));
    const rounded = Float32Array.from(await y.data());
    tf.dispose([x, y]);
    // A sum has no negative zero.
    expect(toHalf(rounded)).toEqual(toHalf(values).map((half) => (half === 0x8000 ? 0 : half)));
    expect(rounded.every((value) => Math.fround(value * 2 ** 24) === Math.round(value * 2 ** 24))).toBe(true);
    expect(tf.memory().numTensors).toBe(before.numTensors + 1); // The ones.
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
  });

  it('is f32 where it is not asked for', async () => {
    const { precision, reason } = await startCompute({ backend: 'simd', threads: 1, precision: 'mixed' });
    expect(precision).toBe('f32');
    expect(reason).toContain('no mixed precision');
  });
});
