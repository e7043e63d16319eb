import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { activeCompute, computePrecision, startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { FUSED } from '../../../electron/engine/compute/operations/kernel-choice.ts';
import { relativeError } from '../../../electron/engine/compute/self-test/self-test.ts';

afterEach(stopCompute);

describe('startCompute', () => {
  it.each(['simd', 'cpu'] as const)('%s passes the self-test', async (backend) => {
    const { selfTest, ...description } = await startCompute({ backend });
    expect(description).toMatchObject({ backend, reason: 'as requested' });
    expect(selfTest.failure).toBeUndefined();
    expect(selfTest.checks).toBeGreaterThan(100);
    expect(selfTest.maxError).toBeLessThan(1e-5);
    expect(tf.getBackend()).toBe(backend);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('says what is active, until it is stopped', async () => {
    expect(activeCompute()).toBeNull();
    const { device } = await startCompute({ backend: 'simd', threads: 1 });
    expect(activeCompute()).toEqual({ backend: 'simd', device, threads: 1 });
    await stopCompute();
    expect(activeCompute()).toBeNull();
  });

  it('computes in f32 where mixed precision is not to be had, and says so', async () => {
    const { precision, reason } = await startCompute({ backend: 'simd', precision: 'mixed' });
    expect(precision).toBe('f32');
    expect(computePrecision()).toBe('f32');
    expect(reason).toContain('no mixed precision');
  });

  it('uses as many threads as there are cores, or as it is told', async () => {
    expect((await startCompute({ backend: 'simd' })).threads).toBe(availableParallelism());
    expect((await startCompute({ backend: 'simd', threads: 1 })).threads).toBe(1);
  });

  it('computes the same, bit by bit, with any number of threads', async () => {
    const convolve = async (threads: number) => {
      await startCompute({ backend: 'simd', threads });
      const values = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * i));
      const y = tf.tidy(() =>
        tf.conv2d(
          tf.tensor4d(values(4 * 9 * 9 * 16), [4, 9, 9, 16]),
          tf.tensor4d(values(9 * 16 * 24), [3, 3, 16, 24]),
          1,
          1,
        ),
      );
      const computed = y.dataSync();
      y.dispose();
      return computed;
    };
    expect(await convolve(1)).toEqual(await convolve(3));
  });

  it('computes with one thread, and the same bits, in an engine without SharedArrayBuffer', () => {
    const compute = new URL('../../../electron/engine/compute/index.ts', import.meta.url);
    const data = new URL('../train/tiny.ts', import.meta.url);
    const trainer = new URL('../../../electron/engine/train/index.ts', import.meta.url);
    const script = `
      const [{ startCompute, stopCompute }, { tinyOptions, tinyDistillation, toyBatches }, { Trainer }] = await Promise.all(
        ${JSON.stringify([compute, data, trainer])}.map((file) => import(file)),
      );
      if (process.argv[1] === 'without') delete globalThis.SharedArrayBuffer;
      const { backend, threads } = await startCompute({ backend: 'simd', threads: 2 });
      const trainer = new Trainer(tinyOptions({ distillation: tinyDistillation() }));
      await trainer.train(toyBatches(3), { epoch: 0, epochs: 1 });
      const { weights } = await trainer.exportState();
      trainer.dispose();
      await stopCompute();
      console.log(JSON.stringify({ backend, threads, weights: [...weights].map(([name, { values }]) => [name, ...values]) }));
    `;
    const run = (...args: string[]) => {
      const options = { encoding: 'utf8', timeout: 60_000, maxBuffer: 2 ** 26 } as const;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...args], options);
      expect(stderr).toBe('');
      return JSON.parse(stdout);
    };
    const shared = run();
    expect(shared).toMatchObject({ backend: 'simd', threads: 2 });
    expect(run('without')).toEqual({ ...shared, threads: 1 });
  });

  it('says what a back end lacks that was asked for', async () => {
    await expect(startCompute({ backend: 'tensorflow' })).rejects.toMatchObject({
      code: 'backend.unavailable',
      message: expect.stringContaining('neither tfjs-node-gpu nor tfjs-node is installed'),
    });
  });

  it('passes over a back end that computes wrongly, and names the operation', async () => {
    await startCompute({ backend: 'simd' });
    const right = tf.getKernel(FUSED.scaleChannels, 'simd');
    const replace = (kernelFunc: tf.KernelFunc) => {
      tf.unregisterKernel(FUSED.scaleChannels, 'simd');
      tf.registerKernel({ ...right, kernelFunc });
    };
    // Forgets the gate.
    replace(({ inputs, backend }) => tf.getKernel('Identity', 'simd').kernelFunc({ inputs, backend, attrs: {} }));
    try {
      await expect(startCompute({ backend: 'simd' })).rejects.toMatchObject({
        code: 'backend.wrong',
        message: expect.stringContaining('scaleChannels, value: off by'),
      });
      const chosen = await startCompute();
      expect(chosen.backend).toBe('cpu');
      expect(chosen.reason).toContain('simd was skipped (it failed its self-test at scaleChannels');
    } finally {
      replace(right.kernelFunc);
    }
    expect((await startCompute({ backend: 'simd' })).backend).toBe('simd');
  });
});

describe('relativeError', () => {
  it('relates the largest difference to the largest number', () => {
    expect(relativeError([1, 2.5, 10], [1, 2, 10])).toBeCloseTo(0.05);
  });

  it.each([
    ['lengths differ', [1], [1, 2]],
    ['a number is NaN', [Number.NaN], [1]],
    ['a number is infinite', [Number.POSITIVE_INFINITY], [1]],
  ])('is infinite where %s', (_, actual, expected) => {
    expect(relativeError(actual, expected)).toBe(Number.POSITIVE_INFINITY);
  });
});
