import { afterAll, expect, it } from 'vitest';
import { stopCompute } from '../../../../electron/engine/compute/index.ts';
import { benchData, judgeData } from '../../../../electron/engine/run/bench/bench-data.ts';

afterAll(stopCompute);

const speed = { images: 100, source: 32, size: 32, batch: 64, cores: 2, open_ms: 1 };

it('asks for twice what the step consumes, of batches from the cache and of files', () => {
  expect(judgeData({ ...speed, cold_images_per_s: 1999, warm_images_per_s: 2000 }, 1000)).toEqual({
    step_images_per_s: 1000,
    cold_ratio: 2,
    warm_ratio: 2,
    cold_met: false,
    warm_met: true,
    verdict:
      '32 x 32, goal 2 x: warm 2000 images/s, 2.0 x the step: met; cold (once per dataset) 1999 images/s, 2.0 x the step: missed.',
  });
});

it('times data and the step that consumes them', async () => {
  const drawing = { copies: 1, warmMs: 1 };
  const options = { size: 32, source: 48, batch: 4, steps: 1, drawing, threads: 1, backend: 'simd' } as const;
  const { results, ...rest } = await benchData(options);
  expect(rest).toEqual({ what: 'data', backend: 'simd', threads: 1, goal: 2 });
  expect(results).toHaveLength(1);
  const [result] = results;
  expect(result).toMatchObject({ images: 100, source: 48, size: 32, batch: 4 });
  expect(result!.step_images_per_s).toBeGreaterThan(0);
  expect(result!.warm_ratio).toBeCloseTo(result!.warm_images_per_s / result!.step_images_per_s, 1);
  expect(result!.warm_met).toBe(result!.warm_images_per_s >= 2 * result!.step_images_per_s);
});
