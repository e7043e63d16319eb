import type { PhoneJob } from '../../electron/engine/index.ts';
import type { PhoneAnswer } from '../../shared/run/phone-measurement.ts';

const SHA = 'ab'.repeat(32);

/** A job of two files, four images of 2 × 2 pixels and three classes. */
export function createPhoneJob(): PhoneJob {
  const file = (format: 'onnx' | 'tfjs', names: readonly string[]) => ({
    format,
    precision: 'fp32',
    name: `student.${format}`,
    bytes: 7,
    sha256: SHA,
    parts: names.map((name, i) => ({ name, bytes: Uint8Array.of(i, 2, 3) })),
    guesses: Int32Array.of(0, 1, 2, 2),
  });
  return {
    run: '1m8pcp2xkjqxmr',
    title: 'flowers <b>',
    inputSize: 2,
    classes: 3,
    timing: { warmUp: 2, runs: 5, limitMs: 100 },
    files: [file('onnx', ['student.onnx']), file('tfjs', ['model.json', 'weights.bin'])],
    pixels: Uint8Array.from({ length: 4 * 12 }, (_, i) => i),
    labels: Int32Array.of(0, 1, 2, 0),
  };
}

/** What a phone that does everything right sends. */
export function createPhoneAnswer(changes: Partial<PhoneAnswer['results'][number]> = {}): PhoneAnswer {
  return {
    device: 'Pixel 8',
    results: [
      {
        file: 0,
        accelerator: 'wasm',
        version: '1.30.0',
        threads: 1,
        warmUp: 2,
        perTiming: 1,
        timesMs: [4, 2, 3, 5, 4],
        guesses: [0, 1, 1, 2],
        ...changes,
      },
    ],
    failures: [{ file: 1, accelerator: 'webgpu', reason: 'no \u001b[31mdevice' }],
  };
}
