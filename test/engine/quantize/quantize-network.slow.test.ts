import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { restorePixels } from '../../../electron/engine/data/normalization.ts';
import { decodeFlatBuffer } from '../../../electron/engine/export/flatbuffer.ts';
import { EXPORTERS, type ExportRequest, verifyExport } from '../../../electron/engine/export/index.ts';
import { FILE_IDENTIFIER, MODEL, OPERATORS, TENSOR_TYPE } from '../../../electron/engine/export/tflite/schema.ts';
import { inputsOf } from '../../../electron/engine/lowering/run-program.ts';
import { computeLogits } from '../../../electron/engine/measure/index.ts';
import { Parameters } from '../../../electron/engine/model/index.ts';
import { affineOf } from '../../../electron/engine/quantize/affine.ts';
import { observe } from '../../../electron/engine/quantize/observe.ts';
import { planQuantization } from '../../../electron/engine/quantize/plan.ts';
import { type Quantization, quantizeNetwork } from '../../../electron/engine/quantize/quantize-network.ts';
import { simulate } from '../../../electron/engine/quantize/simulate.ts';
import { networks } from '../export/networks.ts';
import { drawBatches, drawPixels, drawRequest, normalize, requestOf } from '../export/samples.ts';
import { drawCase } from '../prune/random-network.ts';
import { drawSubject } from './subjects.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

describe('a plan', () => {
  test('has integers for every value and layer, in bounds; biases in units of what is summed up', async () => {
    const { program, images } = drawSubject({ architecture: 'mobilenet-v3-small' });
    const plan = planQuantization(program, await observe(program, images), {
      method: 'min-max',
      correct: false,
      share: false,
    });
    expect([...plan.values.keys()]).toEqual([program.input, ...program.steps.map(({ name }) => name)]);
    for (const step of program.steps) {
      if (step.op !== 'conv' && step.op !== 'dense') continue;
      const { weights, scales, biases } = plan.layers.get(step.name)!;
      expect(weights.every((weight) => weight >= -127)).toBe(true);
      expect(scales).toHaveLength(step.op === 'dense' ? 1 : step.bias.length);
      const { scale } = plan.values.get(step.input)!;
      for (const [c, bias] of biases.entries()) {
        const unit = scale * scales[c % scales.length]!;
        expect(Math.abs(bias * unit - step.bias[c]!)).toBeLessThanOrEqual(0.51 * unit + 1e-6 * Math.abs(step.bias[c]!));
      }
    }
  });

  test('relu6 of hard-sigmoid, divided by 6, keeps its integers', async () => {
    const { program, images } = drawSubject({ architecture: 'mobilenet-v3-small' });
    const { values } = planQuantization(program, await observe(program, images), {
      method: 'mse',
      correct: true,
      share: true,
    });
    const gates = program.steps.filter(({ op }) => op === 'multiplyConstant');
    expect(gates.length).toBeGreaterThan(0);
    for (const { name, input } of gates) {
      expect(values.get(name)!.zeroPoint).toBe(values.get(input)!.zeroPoint);
      expect(values.get(name)!.scale).toBeCloseTo(values.get(input)!.scale / 6, 8);
    }
  });

  test('corrected biases bring the mean of what a layer gives nearer to what it was', async () => {
    const { program, images } = drawSubject();
    const observations = await observe(program, images);
    const errors = await Promise.all(
      [false, true].map(async (correct) => {
        const { layers } = planQuantization(program, observations, { method: 'min-max', correct, share: false });
        const steps = program.steps.map((step) => {
          if (step.op !== 'conv' || step.name !== 'head/bn') return step;
          const { weights, scales, biases } = layers.get(step.name)!;
          const { scale } = affineOf([observations.get(step.input)!.min, observations.get(step.input)!.max]);
          const values = step.weight.values.map((_, i) => weights[i]! * scales[i % scales.length]!);
          const bias = step.bias.map((_, c) => biases[c]! * scale * scales[c]!);
          return { ...step, weight: { ...step.weight, values }, bias, activation: 'none' as const };
        });
        const linear = program.steps.map((step) =>
          step.name === 'head/bn' ? { ...step, activation: 'none' as const } : step,
        ) as typeof steps;
        const [changed, whole] = await Promise.all([
          observe({ ...program, steps }, images),
          observe({ ...program, steps: linear }, images),
        ]);
        const means = whole.get('head/bn')!.channelMeans;
        return changed.get('head/bn')!.channelMeans.reduce((sum, mean, c) => sum + Math.abs(mean - means[c]!), 0);
      }),
    );
    expect(errors[1]).toBeLessThan(0.5 * errors[0]!);
  });
});

const requests: Record<string, ExportRequest> = {
  'mobilenet-v2': drawRequest({ width: 0.1, inputSize: 24 }),
  'mobilenet-v3-small': drawRequest({ architecture: 'mobilenet-v3-small', width: 0.1, inputSize: 24 }),
  'batch norm by hand': requestOf(networks['a batch norm that no convolution can take in']!),
  'random blocks': requestOf(networks['random blocks 3']!),
};

describe.each(Object.entries(requests))('%s', (_, request) => {
  const batches = drawBatches(request.network, [5, 1]);
  let quantization: Quantization;
  let whole: ExportRequest;
  beforeAll(async () => {
    const before = tf.memory().numTensors;
    quantization = await quantizeNetwork({ ...request, batches });
    expect(tf.memory().numTensors).toBe(before);
    whole = { ...request, precision: 'int8', quantization: quantization.plan };
  });

  test('the way that is taken is the nearest of those that were tried, or one with shared scales that is hardly farther', () => {
    const { tried, divergence, shared } = quantization;
    expect(tried).toHaveLength(7);
    const nearest = Math.min(...tried.slice(0, -1).map((way) => way.divergence));
    expect(divergence).toBeLessThanOrEqual(nearest + (shared ? 1.1e-3 : 1e-4));
    if (shared) expect(divergence).toBe(tried.at(-1)!.divergence);
  });

  test('the simulation is near the network', async () => {
    const pixels = drawPixels(request.network, 4, 'other');
    const simulation = simulate(quantization.plan);
    const logits = await simulation.run(pixels, 4);
    simulation.dispose();
    const parameters = Parameters.fromWeights(request.network, request.weights);
    const ours = await computeLogits(request.network, parameters, { images: normalize(pixels), size: 4 });
    parameters.dispose();
    const range = Math.max(...ours) - Math.min(...ours);
    for (const [i, value] of ours.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(0.25 * range + 0.05);
  });

  test.each(['tflite', 'onnx'] as const)('%s: the runtime computes what the simulation does', async (format) => {
    const exporter = EXPORTERS[format];
    const bytes = exporter.write(whole);
    expect(Buffer.compare(bytes, exporter.write(whole))).toBe(0);
    const pixels = drawPixels(request.network, 4, 'other');
    const simulation = simulate(quantization.plan);
    const expected = await simulation.run(pixels, 4);
    simulation.dispose();
    const { scale } = quantization.plan.values.get(quantization.plan.program.output)!;
    const verification = await verifyExport({ exporter, bytes, request: whole, batches });
    expect(verification.images).toBe(6);
    // ONNX Runtime's fast kernels overflow on some processors: what they give is looked at by verifyExport.
    const file = await exporter.open(bytes, { optimize: format === 'tflite' });
    const logits = await file.run(pixels, 4);
    await file.close();
    // Steps of the logits' integers.
    const steps = logits.map((value, i) => Math.round(Math.abs(value - expected[i]!) / scale));
    expect(logits.length).toBe(expected.length);
    expect(Math.max(...steps)).toBeLessThanOrEqual(12);
    expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeLessThan(3);
  });
});

test('int8-only: 8-bit integers go in and come out, those of the file that takes floats', async () => {
  const request = requests['mobilenet-v2']!;
  const batches = drawBatches(request.network, [5]);
  const { plan } = await quantizeNetwork({ ...request, batches });
  const write = (precision: 'int8' | 'int8-only') =>
    EXPORTERS.tflite.write({ ...request, precision, quantization: plan });
  const [bare, wrapped] = [write('int8-only'), write('int8')];
  const { subgraphs, operatorCodes } = decodeFlatBuffer(MODEL, bare, FILE_IDENTIFIER);
  const { tensors = [], inputs = [], outputs = [] } = subgraphs![0]!;
  expect(inputs.map((i) => tensors[i])).toMatchObject([
    { name: 'image', type: TENSOR_TYPE.int8, quantization: { scale: [1], zeroPoint: [-128] } },
  ]);
  expect(outputs.map((i) => tensors[i])).toMatchObject([{ name: 'logits', type: TENSOR_TYPE.int8 }]);
  expect(tensors.every(({ type }) => type === TENSOR_TYPE.int8 || type === TENSOR_TYPE.int32)).toBe(true);
  const floats = [OPERATORS.QUANTIZE.code, OPERATORS.DEQUANTIZE.code] as number[];
  expect(operatorCodes!.some(({ builtinCode }) => floats.includes(builtinCode!))).toBe(false);
  const pixels = drawPixels(request.network, 4, 'other');
  const classify = async (bytes: Uint8Array) => {
    const file = await EXPORTERS.tflite.open(bytes);
    const logits = await file.run(pixels, 4);
    await file.close();
    return logits;
  };
  expect(await classify(bare)).toEqual(await classify(wrapped));
  const whole = { ...request, precision: 'int8-only' as const, quantization: plan };
  const verification = await verifyExport({ exporter: EXPORTERS.tflite, bytes: bare, request: whole, batches });
  expect(verification.images).toBe(5);
});

test('a value that is lost in a sum has a scale that runtimes can add', async () => {
  const request = requestOf(drawCase('fuzz-645').network, 'fuzz-645');
  const batches = drawBatches(request.network, [4], 'fuzz-645');
  const { plan } = await quantizeNetwork({ ...request, batches });
  const scaleOf = (name: string) => plan.values.get(name)!.scale;
  const sums = plan.program.steps.filter(({ op }) => op === 'add' || op === 'addConstant');
  for (const step of sums)
    for (const name of inputsOf(step)) expect(scaleOf(name) / scaleOf(step.name)).toBeGreaterThanOrEqual(2 ** -9.01);
  const whole = { ...request, precision: 'int8' as const, quantization: plan };
  const bytes = EXPORTERS.tflite.write(whole);
  const { maxAbsDifference, range } = await verifyExport({
    exporter: EXPORTERS.tflite,
    bytes,
    request: whole,
    batches,
  });
  expect(maxAbsDifference).toBeLessThan(0.02 * range);
});

test('of a network that is sure of every image, the logits decide: the probabilities of all ways are the same', async () => {
  const request = requestOf(drawCase('fuzz-93').network, 'fuzz-93');
  const [batch] = drawBatches(request.network, [4], 'fuzz-93');
  const { plan, divergence, tried } = await quantizeNetwork({ ...request, batches: [batch!] });
  for (const way of tried) expect(way.divergence).toBeCloseTo(divergence, 6);
  const simulation = simulate(plan);
  const logits = await simulation.run(restorePixels(batch!.images), 4);
  simulation.dispose();
  const parameters = Parameters.fromWeights(request.network, request.weights);
  const ours = await computeLogits(request.network, parameters, batch!);
  parameters.dispose();
  const range = Math.max(...ours) - Math.min(...ours);
  for (const [i, value] of ours.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(0.02 * range);
});

test('the same images give the same integers', async () => {
  const request = requests['random blocks']!;
  const batches = drawBatches(request.network, [5]);
  const [one, two] = [await quantizeNetwork({ ...request, batches }), await quantizeNetwork({ ...request, batches })];
  expect(two).toEqual(one);
});

test('files of integers are known to be so', () => {
  for (const format of ['tflite', 'onnx'] as const)
    expect(() => EXPORTERS[format].write({ ...requests['mobilenet-v2']!, precision: 'int8' })).toThrow(TypeError);
});

test('there must be images to choose by', async () => {
  await expect(quantizeNetwork({ ...requests['mobilenet-v2']!, batches: [] })).rejects.toMatchObject({
    code: 'export.mismatch',
    message: expect.stringContaining('needs validation images'),
  });
});
