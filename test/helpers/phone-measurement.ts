import type { PhoneMeasurement } from '../../shared/run/phone-measurement.ts';

const SHA = 'ab'.repeat(32);

/** A measurement as it is kept. */
export function createPhoneMeasurement(changes: Partial<PhoneMeasurement> = {}): PhoneMeasurement {
  const result = {
    format: 'tflite',
    precision: 'int8',
    sha256: SHA,
    accelerator: 'wasm' as const,
    runtime: 'LiteRT 2.5.3, WebAssembly, 1 thread',
    latencyMs: { p50: 11.24, p95: 13.9 },
    fps: 89,
    timings: 200,
    warmUp: 20,
    perTiming: 1,
    images: 240,
    top1: 0.9042,
    agreement: 0.9958,
  };
  return {
    id: '0123456789abcdef',
    device: 'Pixel 8',
    description: 'Mozilla/5.0 (Linux; Android 10; K) Chrome/131 Mobile',
    measuredAt: '2026-11-23T14:02:00.000Z',
    results: [
      { ...result, precision: 'fp32', latencyMs: { p50: 21.6, p95: 24.1 }, fps: 46.3, perTiming: 2 },
      result,
      {
        ...result,
        format: 'onnx',
        precision: 'fp32',
        runtime: 'ONNX Runtime Web 1.30.0, WebAssembly, 1 thread',
        latencyMs: { p50: 27.3, p95: 30.2 },
        fps: 36.6,
      },
    ],
    failures: [{ format: 'tfjs', precision: 'fp32', accelerator: 'wasm', reason: 'Out of memory' }],
    ...changes,
  };
}
