import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { CASES, LARGE_CASES } from '../../../../electron/engine/compute/self-test/cases.ts';
import { Random } from '../../../../electron/engine/core/random.ts';
import { startOnNullDevice } from './null-device.ts';

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
