import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { stopCompute } from '../../../../electron/engine/compute/index.ts';
import { benchInference } from '../../../../electron/engine/run/bench/bench-inference.ts';

afterAll(stopCompute);

/** Of the passes of three rounds of warm-up and four that count. */
const DURATIONS = ['321', '123', '213', '312', '132', '231', '321'].flatMap((round) => [...round].map(Number));

it('times both networks here, in evaluation and in ONNX Runtime, by turns, and says which is faster', async () => {
  // By this clock our passes take 3 ms, evaluation's 2, the exported file's 1, in an order that changes.
  let calls = 0;
  let now = 0;
  const clock = {
    now: () => 0,
    elapsedMs: () => {
      const call = calls++ % 42; // Seven rounds of three passes, each read before and after.
      if (call % 2 === 1) now += DURATIONS[(call - 1) / 2]!;
      return now;
    },
  };
  const result = await benchInference({ size: 32, batches: [1, 3], steps: 4, threads: 1, backend: 'simd', clock });
  expect(tf.memory().numTensors).toBe(0);
  expect(result).toMatchObject({
    what: 'inference',
    backend: 'simd',
    threads: 1,
    architecture: 'mobilenet-v2',
    size: 32,
  });
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
  for (const { batch, ...figures } of result.results) {
    expect(figures).toMatchObject({ decant_ms: 3, evaluation_ms: 2, onnx_ms: 1, ratio: 0.333, evaluation_ratio: 0.5 });
    expect(figures.evaluation_images_per_s).toBe(500 * batch);
  }
});
