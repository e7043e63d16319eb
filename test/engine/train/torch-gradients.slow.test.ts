import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { MISSING } from '../compute/webgpu/swiftshader.ts';
import { readGradientFixture } from './torch-gradients.ts';
import { checkStep, STEPS, takeStepWith } from './torch-step.ts';

describe.skipIf(MISSING)('a whole step on webgpu (SwiftShader) gives the losses and gradients of PyTorch', () => {
  afterAll(stopCompute);

  it.each([
    ['odd sizes', 'distillation', 'odd'],
    ['maps of one pixel', 'mobilenet-v3-large', 'pixel'],
  ] as const)('%s: %s', async (_, what, size) => {
    await startCompute({ backend: 'webgpu' });
    await checkStep(readGradientFixture(size), what);
  });
});

describe('a whole step on simd', () => {
  beforeAll(async () => {
    await startCompute({ backend: 'simd' });
  });
  afterAll(stopCompute);

  it.each(STEPS)('gives the losses and gradients of PyTorch at published sizes: %s', (what) =>
    checkStep(readGradientFixture('full'), what),
  );
});

it.each(['mobilenet-v3-large', 'distillation'] as const)(
  'a whole step on simd has the same bits with 1, 2, 3 and 4 threads: %s',
  async (what) => {
    const alone = await takeStepWith(1, what);
    for (const threads of [2, 3, 4]) expect(await takeStepWith(threads, what)).toEqual(alone);
  },
);
