import { afterAll, describe, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { MISSING } from '../compute/webgpu/swiftshader.ts';
import { readGradientFixture } from './torch-gradients.ts';
import { checkStep } from './torch-step.ts';

describe.skipIf(MISSING)('a whole step on webgpu (SwiftShader) gives the losses and gradients of PyTorch', () => {
  afterAll(stopCompute);

  it.each([
    ['odd sizes', 'distillation', 'odd'],
    ['maps of one pixel', 'mobilenet-v3-large', 'pixel'],
  ] as const)('%s: %s', { timeout: 120_000 }, async (_, what, size) => {
    await startCompute({ backend: 'webgpu' });
    await checkStep(readGradientFixture(size), what);
  });
});
