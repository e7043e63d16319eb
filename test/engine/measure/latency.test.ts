import { describe, expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { measureLatency, openOnnxSession, percentile } from '../../../electron/engine/measure/index.ts';
import { drawRequest } from '../export/samples.ts';

const small = EXPORTERS.onnx.write(drawRequest({ width: 0.1, inputSize: 16 }));
const large = EXPORTERS.onnx.write(drawRequest({ width: 1, inputSize: 96 }));

describe('measureLatency', () => {
  test('a network with hundreds of times the work takes longer, and the figures hang together', async () => {
    const results = await measureLatency(
      [
        { name: 'small', onnx: small },
        { name: 'large', onnx: large },
      ],
      { runs: 12, warmUp: 3 },
    );
    expect(results.map(({ name }) => name)).toEqual(['small', 'large']);
    for (const { latencyMs, fps, runtime } of results) {
      expect(latencyMs.p50).toBeGreaterThan(0);
      expect(latencyMs.p95).toBeGreaterThanOrEqual(latencyMs.p50);
      expect(fps).toBeCloseTo(1000 / latencyMs.p50, 9);
      expect(runtime).toMatch(/^onnxruntime-node \d+\.\d+\.\d+, CPU, 1 thread$/);
    }
    expect(results[1]!.latencyMs.p50).toBeGreaterThan(2 * results[0]!.latencyMs.p50);
  });

  test('networks are timed in turn, in alternating order, and warm-up is left out', async () => {
    // A clock on which every inference lasts as long as its number: 1 ms the first, 2 ms the second and so on.
    let now = 0;
    let calls = 0;
    const clock = {
      now: () => 0,
      elapsedMs: () => {
        calls++;
        if (calls % 2 === 0) now += calls / 2;
        return now;
      },
    };
    const models = ['a', 'b'].map((name) => ({ name, onnx: small }));
    const [a, b] = await measureLatency(models, { runs: 3, warmUp: 2, threads: 2, clock });
    // Inferences 1-4 are warm-up; then a b, b a, a b.
    expect(a!.latencyMs.p50).toBe(8); // 5, 8, 9
    expect(b!.latencyMs.p50).toBe(7); // 6, 7, 10
    expect(a!.fps).toBe(125);
    expect(a!.runtime).toMatch(/2 threads$/);
  });

  test('bytes that are no network are refused', async () => {
    await expect(measureLatency([{ name: 'x', onnx: new Uint8Array(100) }])).rejects.toMatchObject({
      code: 'model.unreadable',
    });
  });
});

test('percentiles, by hand', () => {
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(percentile([4, 1, 2, 3], 0.5)).toBe(2.5);
  expect(
    percentile(
      Array.from({ length: 101 }, (_, i) => i),
      0.95,
    ),
  ).toBe(95);
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

describe('openOnnxSession', () => {
  test('reads from the middle of a larger buffer', async () => {
    const padded = new Uint8Array(small.length + 24);
    padded.set(small, 16);
    const session = await openOnnxSession(padded.subarray(16, 16 + small.length));
    expect(session.inputSize).toEqual([16, 16]);
    expect((await session.run(new Float32Array(2 * 3 * 256), 2)).length).toBe(10);
    await session.close();
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('hello')],
    ['half a file', small.subarray(0, small.length >> 1)],
  ])('%s is refused in one sentence', async (_, bytes) => {
    await expect(openOnnxSession(bytes)).rejects.toMatchObject({
      code: 'model.unreadable',
      message: expect.stringMatching(
        /^ONNX Runtime cannot load this file of \d+ bytes \(.+\); export the network again\.$/,
      ),
    });
  });
});
