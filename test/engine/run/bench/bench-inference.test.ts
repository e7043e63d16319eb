import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { stopCompute } from '../../../../electron/engine/compute/index.ts';
import { benchInference } from '../../../../electron/engine/run/bench/bench-inference.ts';

afterAll(stopCompute);

it('times both networks here and in ONNX Runtime, by turns, and says which is faster', async () => {
  // Each of our passes takes 2 ms by this clock, each of ONNX Runtime's 1.
  let calls = 0;
  let now = 0;
  const clock = {
    now: () => 0,
    elapsedMs: () => {
      const turn = calls++ % 4;
      now += turn === 1 ? 2 : turn === 3 ? 1 : 0;
      return now;
    },
  };
  const result = await benchInference({ size: 32, batches: [1, 3], steps: 4, threads: 1, backend: 'simd', clock });
  expect(tf.memory().numTensors).toBe(0);
  expect(result).toMatchObject({ what: 'inference', backend: 'simd', threads: 1, size: 32 });
  expect(result.runtime).toMatch(/^onnxruntime-node .*CPU, 1 thread$/);
  expect(result.results.map(({ network, batch }) => [network, batch])).toEqual([
    ['full', 1],
    ['full', 3],
    ['compressed', 1],
    ['compressed', 3],
  ]);
  const [full, , cut] = result.results;
  expect(cut!.macs).toBeLessThanOrEqual(0.6 * full!.macs);
  expect(cut!.macs).toBeGreaterThan(0.55 * full!.macs);
  for (const { batch, decant_ms, onnx_ms, decant_images_per_s, ratio } of result.results) {
    expect([decant_ms, onnx_ms, ratio]).toEqual([2, 1, 0.5]);
    expect(decant_images_per_s).toBe(500 * batch);
  }
});
