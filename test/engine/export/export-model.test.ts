import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { decodePixels } from '../../../electron/engine/data/decode-image.ts';
import { normalizeInto, restorePixels } from '../../../electron/engine/data/normalization.ts';
import {
  EXPORTERS,
  type Exporter,
  evaluateExport,
  exportModel,
  type Precision,
  timeExport,
  verifyExport,
} from '../../../electron/engine/export/index.ts';
import { evaluate } from '../../../electron/engine/measure/index.ts';
import { quantizeNetwork } from '../../../electron/engine/quantize/index.ts';
import { referenceLogits } from '../../helpers/reference-forward.ts';
import { drawBatches, drawPixels, drawRequest, normalize } from './samples.ts';

const request = drawRequest({ architecture: 'mobilenet-v3-small' });
const batches = drawBatches(request.network, [6, 6, 1]);
let folder = '';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-export-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('exportModel', () => {
  test('writes a file that computes what the network computes, and says how well', async () => {
    const before = tf.memory().numTensors;
    const path = join(folder, 'student.onnx');
    const file = await exportModel({ format: 'onnx', path, request, batches });
    expect(tf.memory().numTensors).toBe(before);
    const { verification } = file;
    expect(verification.images).toBe(13);
    expect(verification.top1Agreement).toBe(1);
    expect(verification.range).toBeGreaterThan(0.1);
    expect(verification.maxAbsDifference).toBeLessThan(1e-4 * verification.range);
    expect(verification.runtime).toMatch(/^onnxruntime-node \d+\.\d+\.\d+, CPU/);
    expect(Buffer.compare(await readFile(path), file.bytes)).toBe(0);
    expect(await readFile(`${path}.html`, 'utf8')).toContain(file.sha256);
    expect((await readdir(folder)).sort()).toEqual(['student.onnx', 'student.onnx.html']);
    expect(file.sizeBytes).toBe(file.bytes.length);
    expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each(['fp32', 'fp16'] as const)('a TFLite file in %s is verified in LiteRT', async (precision) => {
    const before = tf.memory().numTensors;
    const path = join(folder, 'student.tflite');
    const { bytes, verification, ...file } = await exportModel({
      format: 'tflite',
      path,
      request: { ...request, precision },
      batches,
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(file.precision).toBe(precision);
    expect(verification).toMatchObject({ images: 13, top1Agreement: 1 });
    expect(verification.maxAbsDifference).toBeLessThan((precision === 'fp32' ? 1e-4 : 1e-2) * verification.range);
    expect(verification.runtime).toMatch(/^LiteRT \d+\.\d+\.\d+, XNNPACK in WebAssembly, 1 thread$/);
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
  });

  test('chooses integers by the images that it is given for that, and leaves nothing behind without', async () => {
    const small = drawRequest({ width: 0.1, inputSize: 16 });
    const path = join(folder, 'student.tflite');
    const options = {
      format: 'tflite' as const,
      path,
      request: { ...small, precision: 'int8' as const },
      batches: drawBatches(small.network, [4]),
    };
    await expect(exportModel(options)).rejects.toThrow(TypeError);
    expect(await readdir(folder)).toEqual([]);
    const before = tf.memory().numTensors;
    const { precision, quantization, verification } = await exportModel({
      ...options,
      integers: () => quantizeNetwork({ ...small, batches: drawBatches(small.network, [4], 'calibration') }),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(precision).toBe('int8');
    expect(quantization!.tried.map(({ divergence }) => divergence)).toContain(quantization!.divergence);
    expect(verification.images).toBe(4);
    expect((await readdir(folder)).sort()).toEqual(['student.tflite', 'student.tflite.html']);
  });

  test('refuses a precision that the format has not', async () => {
    await expect(
      exportModel({
        format: 'onnx',
        path: join(folder, 'student.onnx'),
        request: { ...request, precision: 'fp64' as Precision },
        batches,
      }),
    ).rejects.toMatchObject({ code: 'usage.invalid' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('leaves nothing behind when there is nothing to compare on', async () => {
    await expect(
      exportModel({ format: 'onnx', path: join(folder, 'student.onnx'), request, batches: [] }),
    ).rejects.toMatchObject({ code: 'export.mismatch' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('verifyExport', () => {
  const { onnx } = EXPORTERS;
  const bytes = onnx.write(request);

  /** The exporter with its answers changed. */
  const alter = (change: (logits: Float32Array) => void): Exporter => ({
    ...onnx,
    open: async (...args) => {
      const file = await onnx.open(...args);
      return {
        ...file,
        run: async (...inputs) => {
          const logits = await file.run(...inputs);
          change(logits);
          return logits;
        },
      };
    },
  });

  test.each<[string, (logits: Float32Array) => void]>([
    ['one logit of one image far off', (logits) => logits.set([logits[3]! + 10], 3)],
    ['a constant shift', (logits) => logits.set(logits.map((value) => value + 10))],
    ['a number that is none', (logits) => logits.set([Number.NaN], 4)],
  ])('refuses %s', async (_, change) => {
    const before = tf.memory().numTensors;
    await expect(verifyExport({ exporter: alter(change), bytes, request, batches })).rejects.toMatchObject({
      code: 'export.mismatch',
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses a file of other weights', async () => {
    const other = onnx.write(drawRequest({ architecture: 'mobilenet-v3-small' }, 'other'));
    await expect(verifyExport({ exporter: onnx, bytes: other, request, batches })).rejects.toThrow(/differ by up to/);
  });

  test('a file of 16-bit weights has to hold the rounded weights, not just any near ones', async () => {
    const half = { ...request, precision: 'fp16' as const };
    const { tflite } = EXPORTERS;
    // Weights of 11 bits changed by about half of their last one: as near to the trained ones as rounding may be.
    const weights = new Map(
      [...request.weights].map(([name, { shape, values }]) => [
        name,
        { shape, values: name.endsWith('/weight') ? values.map((value) => value * (1 + 2 ** -10)) : values },
      ]),
    );
    const bytes = tflite.write({ ...half, weights });
    await expect(verifyExport({ exporter: tflite, bytes, request: half, batches })).rejects.toThrow(/allowed: 0.001/);
  });

  test('refuses a file of other classes', async () => {
    const other = onnx.write(drawRequest({ architecture: 'mobilenet-v3-small', classes: 4 }));
    await expect(verifyExport({ exporter: onnx, bytes: other, request, batches })).rejects.toMatchObject({
      code: 'export.mismatch',
    });
  });

  test('refuses bytes that are no network', async () => {
    await expect(
      verifyExport({ exporter: onnx, bytes: bytes.subarray(0, 999), request, batches }),
    ).rejects.toMatchObject({ code: 'model.unreadable' });
  });

  test('accepts a network that has learnt nothing: all logits zero', async () => {
    const weights = new Map(
      [...request.weights].map(([name, { shape, values }]) => [
        name,
        { shape, values: name.endsWith('/variance') ? values : new Float32Array(values.length) },
      ]),
    );
    const silent = { ...request, weights };
    const verification = await verifyExport({ exporter: onnx, bytes: onnx.write(silent), request: silent, batches });
    expect(verification).toMatchObject({ maxAbsDifference: 0, range: 0, top1Agreement: 1 });
  });
});

test('the exported file is as accurate as the network', async () => {
  const { network, weights } = request;
  const ours = await evaluate({ network, weights, batches });
  const theirs = await evaluateExport({ exporter: EXPORTERS.onnx, bytes: EXPORTERS.onnx.write(request), batches });
  expect(theirs.confusion).toEqual(ours.confusion);
  expect(theirs.top5).toBe(1);
  expect(theirs.loss).toBeCloseTo(ours.loss, 4);
});

test.each(Object.values(EXPORTERS))(
  'a JPEG, brought to what the file says of itself, is seen as in training: $format',
  async (exporter) => {
    const bytes = exporter.write(request);
    const { preprocessing } = exporter.describe(bytes);
    const noise = drawPixels({ ...request.network, inputSize: [45, 60] }, 1, 'jpeg');
    const jpeg = await sharp(noise, { raw: { width: 60, height: 45, channels: 3 } })
      .jpeg()
      .toBuffer();
    const pixels = await decodePixels(jpeg, preprocessing.inputSize[0]);
    const { mean, std } = preprocessing;
    const normalized = Float32Array.from(pixels, (value, i) => (value / 255 - mean[i % 3]!) / std[i % 3]!);
    const expected = referenceLogits(request.network, request.weights, normalized);
    const file = await exporter.open(bytes);
    const logits = await file.run(pixels, 1);
    await file.close();
    for (const [i, value] of expected.entries()) expect(logits[i]).toBeCloseTo(value, 3);
  },
);

describe('timeExport', () => {
  test.each(Object.values(EXPORTERS))('times one image after the other: $format', async (exporter) => {
    const bytes = exporter.write(drawRequest({ width: 0.1, inputSize: 16 }));
    const { latencyMs, runtime } = await timeExport({ exporter, bytes, runs: 10, threads: 1, warmUp: 2 });
    expect(latencyMs.p50).toBeGreaterThan(0);
    expect(latencyMs.p95).toBeGreaterThanOrEqual(latencyMs.p50);
    expect(runtime).toMatch(/1 thread$/);
  });
});

describe('restorePixels', () => {
  test('finds every byte of every channel again', () => {
    const pixels = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
    expect(restorePixels(normalize(pixels))).toEqual(pixels);
    const random = drawPixels(request.network, 1);
    expect(restorePixels(normalize(random))).toEqual(random);
  });

  test('is the exact reverse of how batches are made', () => {
    const pixels = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
    const images = new Float32Array(pixels.length);
    normalizeInto(images, 0, Float32Array.from(pixels));
    expect(restorePixels(images)).toEqual(pixels);
  });

  test('refuses what was not made of bytes', () => {
    expect(() => restorePixels(Float32Array.of(0.5))).toThrow(RangeError);
    expect(() => restorePixels(Float32Array.of(100))).toThrow(RangeError);
    expect(() => restorePixels(Float32Array.of(Number.NaN))).toThrow(RangeError);
  });
});
