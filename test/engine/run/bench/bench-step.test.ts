import { afterAll, expect, it } from 'vitest';
import { stopCompute } from '../../../../electron/engine/compute/index.ts';
import { benchStep } from '../../../../electron/engine/run/bench/bench-step.ts';

afterAll(stopCompute);

it('times the median step and says on what', async () => {
  // The third of four steps takes long; the median does not see it.
  const times = [0, 10, 20, 32, 40, 540, 550, 560];
  const clock = { now: () => 0, elapsedMs: () => times.shift() ?? 0 };
  const options = { size: 32, batch: 4, steps: 4, warmUpSteps: 1, threads: 1, clock } as const;
  const result = await benchStep({ ...options, backend: 'simd' });
  expect(result).toEqual({
    what: 'decant',
    step: 'distill',
    stem_stride: 2,
    backend: 'simd',
    threads: 1,
    size: 32,
    batch: 4,
    step_ms: 11,
    images_per_s: 363.6,
  });
});

it('can tell where the time goes', async () => {
  const { kernels } = await benchStep({ size: 32, batch: 8, steps: 1, backend: 'simd', profile: true });
  const calls = Object.fromEntries(kernels!.map(({ kernel, calls }) => [kernel, calls]));
  // The student's maps are one operation; the teacher has 15 depthwise convolutions; the adapter has a batch norm.
  expect(calls).toMatchObject({ DecantTrainingPass: 1, DecantDepthwiseConv2d: 15, DecantBatchNormTraining: 1 });
  expect(calls.depthwise! + calls.depthwiseNormalized!).toBe(17 + 15);
});

it('times the training of the teacher, with a stem of stride 1', async () => {
  const options = { what: 'teacher', stemStride: 1, size: 32, batch: 2, steps: 1, warmUpSteps: 0 } as const;
  const result = await benchStep({ ...options, backend: 'simd', profile: true });
  expect(result).toMatchObject({ step: 'teacher', stem_stride: 1 });
  const calls = Object.fromEntries(result.kernels!.map(({ kernel, calls }) => [kernel, calls]));
  expect(calls).toMatchObject({ DecantTrainingPass: 1, DecantTrainingPassGradient: 1 });
  expect(calls.depthwise! + calls.depthwiseNormalized!).toBe(15);
});
