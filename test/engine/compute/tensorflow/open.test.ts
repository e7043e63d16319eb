import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cpu } from '../../../../electron/engine/compute/cpu/open.ts';
import { computePrecision, startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { CANDIDATES } from '../../../../electron/engine/compute/start.ts';
import { createTensorflow, type PackageLoader } from '../../../../electron/engine/compute/tensorflow/open.ts';
import { Trainer } from '../../../../electron/engine/train/index.ts';
import { tinyDistillation, tinyOptions, toyBatches } from '../../train/tiny.ts';
import { createAbsence, installFakePackage, uninstallFakePackage } from './fake-package.ts';

afterEach(async () => {
  await stopCompute();
  uninstallFakePackage();
});

/** Starts with the real list of back ends, but for the package that is or is not installed. */
const startWith = (load: PackageLoader, options: Parameters<typeof startCompute>[0] = {}) =>
  startCompute(
    options,
    CANDIDATES.map((candidate) => (candidate.name === 'tensorflow' ? createTensorflow(load) : candidate)),
  );

describe('a tfjs-node package', () => {
  it('that finds a card is chosen before everything else, once it has passed the self-test', async () => {
    const description = await startWith(installFakePackage());
    expect(description).toMatchObject({
      backend: 'tensorflow',
      device: 'TensorFlow (CUDA)',
      threads: 0,
      reason: 'tensorflow is the fastest that works',
      precision: 'f32',
    });
    expect(description.selfTest.failure).toBeUndefined();
    expect(description.selfTest.checks).toBeGreaterThan(100);
    expect(tf.getBackend()).toBe('tensorflow');
    expect(tf.memory().numTensors).toBe(0);
  });

  it('trains', async () => {
    await startWith(installFakePackage());
    const distillation = tinyDistillation();
    const trainer = new Trainer(tinyOptions({ distillation, optimizer: { ema: 0.9, clipNorm: 1 } }));
    const { losses } = await trainer.train(toyBatches(2), { epoch: 0, epochs: 1 });
    expect(losses.crossEntropy).toBeGreaterThan(0);
    trainer.dispose();
    await distillation.teacher.close();
    expect(tf.memory().numTensors).toBe(0);
  });

  it('has no mixed precision, and says so', async () => {
    const { precision, reason } = await startWith(installFakePackage(), { precision: 'mixed' });
    expect(precision).toBe('f32');
    expect(computePrecision()).toBe('f32');
    expect(reason).toBe('tensorflow is the fastest that works; it has no mixed precision here and computes in f32');
  });

  it('starts again after it was stopped, though it registers itself only once', async () => {
    const load = installFakePackage();
    const candidate = createTensorflow(load);
    for (const backend of ['tensorflow', 'auto'] as const)
      expect((await startCompute({ backend }, [candidate, cpu])).backend).toBe('tensorflow');
  });

  it.each([
    ['@tensorflow/tfjs-node-gpu', 'finds no driver'],
    ['@tensorflow/tfjs-node', 'is built for the processor'],
  ])('without a card (%s, which %s) is left to who asks for it', async (name) => {
    const load = installFakePackage({ name, card: false });
    const chosen = await startWith(load);
    expect(chosen.backend).not.toBe('tensorflow');
    expect(chosen.reason).toContain(
      `tensorflow was skipped (${name} finds no CUDA card, and on the processor simd is faster)`,
    );
    expect(tf.findBackendFactory('tensorflow')).toBeNull();
    uninstallFakePackage();
    const asked = await startWith(installFakePackage({ name, card: false }), { backend: 'tensorflow' });
    expect(asked).toMatchObject({ device: 'TensorFlow (processor)', reason: 'as requested' });
  });
});

describe('a tfjs-node package that does not work', () => {
  const failures: [string, () => PackageLoader, string][] = [
    [
      'is not there',
      () => (name) => {
        throw createAbsence(name);
      },
      'neither tfjs-node-gpu nor tfjs-node is installed',
    ],
    [
      'lacks its native library',
      () => () => {
        throw new Error(
          'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x. \nPlease run …',
        );
      },
      '@tensorflow/tfjs-node does not load: The Node.js native addon module (tfjs_binding.node) can not be found at path: /x',
    ],
    [
      'needs a CUDA library',
      () => (name) => {
        if (name.endsWith('gpu')) throw new Error('libcudart.so.11.0: cannot open shared object file: No such file');
        throw createAbsence(name);
      },
      '@tensorflow/tfjs-node-gpu does not load: libcudart.so.11.0: cannot open shared object file: No such file',
    ],
    [
      'lacks a package that it needs',
      () => (name) => {
        throw createAbsence(name.endsWith('gpu') ? '@mapbox/node-pre-gyp' : name);
      },
      "@tensorflow/tfjs-node-gpu does not load: Cannot find module '@mapbox/node-pre-gyp'",
    ],
    ['registers nothing', () => () => undefined, '@tensorflow/tfjs-node-gpu registers no back end'],
    [
      'fails to start',
      () =>
        installFakePackage({
          start: () => {
            throw new Error('out of memory');
          },
        }),
      '@tensorflow/tfjs-node-gpu does not start',
    ],
  ];

  it.each(failures)('because it %s: the next back end is used, and why is said', async (_, createLoader, clause) => {
    // tfjs itself tells on the console of a back end that does not start.
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const { backend, reason } = await startWith(createLoader());
    expect(backend).not.toBe('tensorflow');
    expect(reason).toContain(`tensorflow was skipped (${clause})`);
    await expect(startWith(createLoader(), { backend: 'tensorflow' })).rejects.toMatchObject({
      code: 'backend.unavailable',
      message: `The compute back end "tensorflow" is not available: ${clause}. Choose another one, or "auto".`,
    });
    warn.mockRestore();
  });

  it('because it computes wrongly: the self-test names the operation', async () => {
    const load: PackageLoader = (name) => {
      installFakePackage()(name);
      const right = tf.getKernel('Conv2DBackpropFilter', 'tensorflow');
      tf.unregisterKernel('Conv2DBackpropFilter', 'tensorflow');
      tf.registerKernel({
        ...right,
        kernelFunc: (parameters) => {
          const result = right.kernelFunc(parameters);
          const backend = tf.backend();
          if (!Array.isArray(result)) (backend.readSync(result.dataId) as Float32Array)[0]! += 1;
          return result;
        },
      });
    };
    const { backend, reason } = await startWith(load);
    expect(backend).not.toBe('tensorflow');
    expect(reason).toMatch(/tensorflow was skipped \(it failed its self-test at conv2d .*: off by/);
  });
});

it('puts back the functions of node:util that the package calls and Node no longer has', async () => {
  await startWith(installFakePackage());
  const util: { isNullOrUndefined?(value: unknown): boolean; isArray?(value: unknown): boolean } = createRequire(
    import.meta.url,
  )('node:util');
  expect([null, undefined, 0, ''].map((value) => util.isNullOrUndefined?.(value))).toEqual([true, true, false, false]);
  expect([[], {}].map((value) => util.isArray?.(value))).toEqual([true, false]);
});
