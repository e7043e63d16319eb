import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  computePrecision,
  conv2d,
  dense,
  depthwiseConv2d,
  startCompute,
  stopCompute,
} from '../../../../electron/engine/compute/index.ts';
import { CASES, LARGE_CASES } from '../../../../electron/engine/compute/self-test/cases.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { startOnNullDevice } from './null-device.ts';
import { activeDevice, MISSING } from './swiftshader.ts';

describe.skipIf(MISSING)('mixed precision on webgpu', () => {
  beforeAll(async () => {
    await startCompute({ backend: 'webgpu', precision: 'mixed', emulateHalf: true });
  });
  afterAll(stopCompute);

  /** The only value of `operation`'s result. */
  const value = async (operation: () => tf.Tensor): Promise<number> => {
    const y = tf.tidy(operation);
    const [first] = await y.data();
    y.dispose();
    return first!;
  };

  it('says so', () => {
    expect(computePrecision()).toBe('mixed');
    expect(activeDevice().rounding).toBe('emulated');
  });

  it.each([
    ['conv2d', (x: number, w: number) => conv2d(tf.fill([1, 1, 1, 4], x), tf.fill([1, 1, 4, 1], w))],
    ['dense', (x: number, w: number) => dense(tf.fill([1, 4], x), tf.fill([4, 1], w))],
    ['matMul', (x: number, w: number) => tf.matMul(tf.fill([1, 4], x), tf.fill([4, 1], w))],
  ] as const)('%s rounds its inputs to 11 bits and sums in f32', async (_, product) => {
    // 1 + 2^-11 lies between two f16 and goes to the even one, 1; 1 + 2^-10 is an f16.
    expect(await value(() => product(1 + 2 ** -11, 1))).toBe(4);
    expect(await value(() => product(1 + 2 ** -10, 1))).toBe(4 + 2 ** -8);
    // The product of two f16 needs 22 bits, and the sum is larger than any f16.
    expect(await value(() => product(1 + 2 ** -10, 1 + 2 ** -10))).toBe(4 * (1 + 2 ** -10) ** 2);
    expect(await value(() => product(30_000, 2))).toBe(240_000);
    // What is too small vanishes, what is too large shows.
    expect(await value(() => product(2 ** -26, 1))).toBe(0);
    expect(await value(() => product(70_000, 1))).toBe(Number.POSITIVE_INFINITY);
    expect(await value(() => product(-65_510, 1))).toBe(Number.NEGATIVE_INFINITY);
    expect(await value(() => product(Number.NaN, 1))).toBeNaN();
  });

  it('leaves depthwise convolutions, which wait for memory, in f32', async () => {
    const x = 1 + 2 ** -11;
    expect(await value(() => depthwiseConv2d(tf.fill([1, 1, 1, 4], x), tf.ones([1, 1, 4, 1])))).toBe(x);
  });

  it('is a wish where the device has no f16', async () => {
    const { precision, reason } = await startCompute({ backend: 'webgpu', precision: 'mixed' });
    expect(precision).toBe('f32');
    expect(computePrecision()).toBe('f32');
    expect(reason).toContain('no mixed precision');
  });
});

describe('programs for devices with shader-f16', () => {
  it.each(['f16', 'none', 'emulated'] as const)(
    'are valid WGSL, whatever the self-test runs (%s)',
    async (rounding) => {
      const { device, backend, close } = await startOnNullDevice(rounding);
      const errors: string[] = [];
      device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
      const withHalf: string[] = [];
      const create = device.createShaderModule.bind(device);
      device.createShaderModule = (descriptor) => {
        if (descriptor.code.startsWith('enable f16;')) withHalf.push(descriptor.label ?? '');
        return create(descriptor);
      };
      for (const { name, run } of [...CASES, ...LARGE_CASES]) {
        const comparisons = run(new Random('self-test').fork(name));
        tf.dispose(comparisons.map(({ actual }) => actual));
      }
      backend.endComputePassEncoder();
      backend.submitQueue();
      await device.queue.onSubmittedWorkDone();
      expect(errors).toEqual([]);
      expect(backend.counts.pipelines).toBeGreaterThan(60);
      if (rounding === 'f16') expect(withHalf.length).toBeGreaterThan(12);
      else expect(withHalf).toEqual([]);
      close();
    },
  );
});
