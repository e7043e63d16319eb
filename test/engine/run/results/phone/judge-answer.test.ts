import { expect, it } from 'vitest';
import { judgeAnswer } from '../../../../../electron/engine/run/results/phone/judge-answer.ts';
import { phoneMeasurementSchema } from '../../../../../shared/run/phone-measurement.ts';
import { createPhoneAnswer, createPhoneJob } from '../../../../helpers/phone-job.ts';

const clock = { now: () => Date.UTC(2026, 10, 23), elapsedMs: () => 0 };
const judge = (answer: ReturnType<typeof createPhoneAnswer>, userAgent = 'UA') =>
  judgeAnswer(createPhoneJob(), answer, { userAgent, clock });

it('computes figures from single times and guesses', () => {
  // Labels 0 1 2 0, this computer's guesses 0 1 2 2, the phone's 0 1 1 2.
  const [result] = judge(createPhoneAnswer()).results;
  expect(result).toMatchObject({ top1: 2 / 4, agreement: 3 / 4, latencyMs: { p50: 4, p95: 4.8 }, fps: 250 });
  expect(result).toMatchObject({ format: 'onnx', sha256: 'ab'.repeat(32), timings: 5, warmUp: 2, images: 4 });
});

it('names the runtime with its threads, which WebGPU has not', () => {
  const name = (changes: Parameters<typeof createPhoneAnswer>[0]) =>
    judge(createPhoneAnswer(changes)).results[0]!.runtime;
  expect(name({ threads: 4 })).toBe('ONNX Runtime Web 1.30.0, WebAssembly, 4 threads');
  expect(name({ file: 1, version: '4.22.0', accelerator: 'webgpu' })).toBe('TensorFlow.js 4.22.0, WebGPU');
});

it('keeps what the phone says of itself as short, clean text', () => {
  const measurement = judge({ ...createPhoneAnswer(), device: 'a\u202eb\n<i>' }, `x\u001b${'y'.repeat(1000)}`);
  expect(measurement.device).toBe('a\ufffdb\ufffd<i>');
  expect(measurement.description).toHaveLength(300);
  expect(measurement.description.startsWith('x\ufffdy')).toBe(true);
  expect(phoneMeasurementSchema.parse(measurement)).toEqual(measurement);
});

it('refuses what does not fit the task', () => {
  for (const changes of [{ file: 5 }, { guesses: [0, 1, 2] }, { guesses: [0, 1, 2, 3] }, { timesMs: [0, 0, 0] }])
    expect(() => judge(createPhoneAnswer(changes))).toThrow(expect.objectContaining({ code: 'usage.invalid' }));
});
