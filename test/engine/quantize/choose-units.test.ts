import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { EXPORTERS, type ExportRequest } from '../../../electron/engine/export/index.ts';
import { listSteps } from '../../../electron/engine/lowering/steps.ts';
import { chooseUnits } from '../../../electron/engine/quantize/choose-units.ts';
import { observe } from '../../../electron/engine/quantize/observe.ts';
import { planQuantization, type QuantizationPlan } from '../../../electron/engine/quantize/plan.ts';
import { simulate } from '../../../electron/engine/quantize/simulate.ts';
import { networks } from '../export/networks.ts';
import { drawPixels, drawRequest, requestOf } from '../export/samples.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

async function planOf(request: ExportRequest): Promise<QuantizationPlan> {
  const program = listSteps(request.network, request.weights);
  const images = ['a', 'b'].map((seed) => ({ pixels: drawPixels(request.network, 3, seed), size: 3 }));
  return planQuantization(program, await observe(program, images), { method: 'min-max', correct: true, share: true });
}

/** How many biases have the very scales of their layer's weights. */
function countShared({ program, values, layers }: QuantizationPlan): { shared: number; all: number } {
  let [shared, all] = [0, 0];
  for (const step of program.steps) {
    if (step.op !== 'conv') continue;
    all += layers.get(step.name)!.biases.length;
    if (values.get(step.input)!.scale === 1) shared += layers.get(step.name)!.biases.length;
  }
  return { shared, all };
}

describe.each(Object.entries(networks))('%s', (name, network) => {
  let plan: QuantizationPlan;
  let chosen: QuantizationPlan;
  beforeAll(async () => {
    plan = await planOf(requestOf(network));
    chosen = chooseUnits(plan);
  });

  test('computes the same logits', async () => {
    const pixels = drawPixels(network, 4, 'other');
    const [before, after] = await Promise.all(
      [plan, chosen].map(async (each) => {
        const simulation = simulate(each);
        const logits = await simulation.run(pixels, 4);
        simulation.dispose();
        return logits;
      }),
    );
    const { scale } = plan.values.get(plan.program.output)!;
    // A value that lies between two integers may fall to either.
    const steps = after!.map((value, i) => Math.abs(value - before![i]!) / scale);
    expect(Math.max(...steps)).toBeLessThan(3.5);
    expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeLessThan(0.5);
  });

  test('integers stay; only what they stand for changes, not of the input nor the logits', () => {
    const { input, output } = plan.program;
    for (const end of [input, output]) expect(chosen.values.get(end)).toEqual(plan.values.get(end));
    for (const [value, { zeroPoint }] of plan.values) expect(chosen.values.get(value)!.zeroPoint).toBe(zeroPoint);
    for (const [layer, { weights, biases }] of plan.layers)
      expect(chosen.layers.get(layer)).toMatchObject({ weights, biases });
  });

  test('what sums and gates compute with stays in proportion', () => {
    const ratio = (value: string) => plan.values.get(value)!.scale / chosen.values.get(value)!.scale;
    for (const step of plan.program.steps) {
      if (step.op === 'add') expect(ratio(step.other) / ratio(step.input)).toBeCloseTo(1, 5);
      if (step.op === 'add' || step.op === 'mean') expect(ratio(step.name) / ratio(step.input)).toBeCloseTo(1, 5);
      if (step.op === 'scale') expect(ratio(step.other)).toBe(1);
      if (step.op === 'hardSwish' || step.op === 'addConstant')
        for (const value of [step.input, step.name]) expect(ratio(value)).toBe(1);
    }
  });

  test.runIf(name.startsWith('mobilenet-v2'))('most biases have the scales of their weights', () => {
    const { shared, all } = countShared(chosen);
    expect(shared / all).toBeGreaterThan(0.9);
    expect(countShared(plan).shared / all).toBeLessThan(0.1);
  });
});

test('ReLU6 whose integers reach beyond 6 keeps its bound, and its unit', async () => {
  const plan = await planOf(requestOf(networks['mobilenet-v2']!));
  const wide = { scale: 0.1, zeroPoint: -128 };
  const bounded = plan.program.steps.filter((step) => 'activation' in step && step.activation === 'relu6');
  expect(bounded.length).toBeGreaterThan(30);
  const [some] = bounded;
  const chosen = chooseUnits({ ...plan, values: new Map([...plan.values, [some!.name, wide]]) });
  expect(chosen.values.get(some!.name)).toEqual({ scale: Math.fround(0.1), zeroPoint: -128 });
  for (const step of chosen.program.steps)
    if (bounded.some(({ name }) => name === step.name))
      expect(step).toMatchObject({ activation: step.name === some!.name ? 'relu6' : 'relu' });
});

test.each(['tflite', 'onnx'] as const)('%s: the scales of biases hardly take any place', async (format) => {
  const request = drawRequest({ width: 0.5, classes: 10, inputSize: 32 });
  const plan = await planOf(request);
  const bytes = EXPORTERS[format].write({ ...request, precision: 'int8', quantization: plan });
  const layers = [...plan.layers.values()];
  const channels = layers.reduce((sum, { biases }) => sum + biases.length, 0);
  const weights = layers.reduce((sum, layer) => sum + layer.weights.length, 0);
  const widths = new Set(layers.map(({ biases }) => biases.length));
  const zeros = format === 'tflite' ? 8 * [...widths].reduce((sum, width) => sum + width, 0) : 0;
  const rest = bytes.length - weights - zeros;
  // A bias and a scale are 8 bytes a channel, names and shapes 2 or 3; scales of the biases' own would be 4 more.
  expect(rest / channels).toBeGreaterThan(8);
  expect(rest / channels).toBeLessThan(12);
});
