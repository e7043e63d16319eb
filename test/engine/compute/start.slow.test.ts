import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { MISSING } from './webgpu/swiftshader.ts';

afterEach(stopCompute);

describe.skipIf(MISSING)('startCompute', () => {
  it('takes WebGPU on SwiftShader when asked, where it passes the same self-test', async () => {
    const description = await startCompute({ backend: 'webgpu' });
    expect(description.device).toContain('SwiftShader');
    expect(description.selfTest.failure).toBeUndefined();
    expect(description.selfTest.checks).toBeGreaterThan(100);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('does not take a software rasterizer by itself', async () => {
    const { backend, reason } = await startCompute();
    expect(backend).toBe('simd');
    expect(reason).toMatch(/webgpu was skipped/);
  });
});
