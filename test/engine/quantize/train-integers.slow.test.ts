import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { EXPORTERS, evaluateExport, verifyExport } from '../../../electron/engine/export/index.ts';
import { evaluate, type LabelledBatch } from '../../../electron/engine/measure/index.ts';
import { buildNetwork, initializeWeights, type Weights } from '../../../electron/engine/model/index.ts';
import {
  judgePlan,
  type Quantization,
  quantizeNetwork,
  trainIntegers,
} from '../../../electron/engine/quantize/index.ts';
import { openNetworkTeacher } from '../../../electron/engine/teacher/index.ts';
import { startState, Trainer } from '../../../electron/engine/train/index.ts';
import { METHOD_NAMES, METHODS } from '../../../shared/run/methods.ts';
import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import { normalize } from '../export/samples.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 1 });
});
afterAll(stopCompute);

const SIZE = 16;
const CLASSES = 4;
const network = buildNetwork({
  architecture: 'mobilenet-v2',
  width: 0.15,
  classes: CLASSES,
  inputSize: SIZE,
  stemStride: 2,
  firstStrides: [1],
});

type Images = LabelledBatch & { readonly targets: Float32Array };

/** Faint stripes, along or across, with a tint of red or blue, under much noise. */
function drawImages(size: number, seed: string): Images {
  const random = new Random(seed);
  const labels = Int32Array.from({ length: size }, (_, i) => i % CLASSES);
  const area = SIZE * SIZE;
  const pixels = new Uint8ClampedArray(size * area * 3);
  for (let i = 0; i < size * area; i++) {
    const label = labels[Math.floor(i / area)]!;
    const at = i % area;
    const along = label % 2 === 1 ? at % SIZE : Math.floor(at / SIZE);
    for (const channel of [0, 1, 2]) {
      const tint = channel === (label < 2 ? 2 : 0) ? 26 : 0;
      pixels[3 * i + channel] = 128 + (along % 8 < 4 ? 26 : -26) + tint + 55 * random.normal();
    }
  }
  const targets = new Float32Array(size * CLASSES);
  for (const [i, label] of labels.entries()) targets[i * CLASSES + label] = 1;
  const images = normalize(new Uint8Array(pixels.buffer));
  return { images, labels, targets, indices: labels.map((_, i) => i), size };
}

const drawEpoch = (name: string) => Array.from({ length: 20 }, (_, i) => drawImages(32, `${name} ${i}`));
const validation = [drawImages(128, 'validation a'), drawImages(128, 'validation b')];

async function trainFloats(): Promise<Weights> {
  const epochs = 8;
  const trainer = new Trainer({
    state: startState(network, initializeWeights(network, new Random('student'))),
    labelSmoothing: 0,
    optimizer: { ...recipeSchema.parse({}).train.optimizer, name: 'adamw', weightDecay: 0 },
    learningRate: (step) => 0.006 * (1 - step / (20 * epochs)),
    random: new Random('training'),
    stage: 'student',
  });
  try {
    for (let epoch = 0; epoch < epochs; epoch++) await trainer.train(drawEpoch(`${epoch}`), { epoch, epochs });
    return (await trainer.exportState()).weights;
  } finally {
    trainer.dispose();
  }
}

/**
 * The same function of floats, but hard on integers: of the sums between blocks, which no equalization reaches as several
 * layers read them, one channel is 64 times as large as it was.
 */
function makeHard(weights: Weights): Weights {
  const hard = new Map([...weights].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]));
  const scaled = new Set<string>();
  for (const node of network.nodes) {
    // The first block adds the stem's map.
    if (/^block(?!01).*project[/]bn$/.test(node.name)) {
      for (const role of ['gamma', 'beta']) hard.get(`${node.name}/${role}`)!.values[0]! *= 64;
      scaled.add(node.name);
    }
    if (node.op === 'add' && node.inputs.every((input) => scaled.has(input))) scaled.add(node.name);
    // [1, 1, in, out]: the first rows read the first channel.
    if (node.op === 'conv' && scaled.has(node.input)) {
      const { values } = hard.get(`${node.name}/weight`)!;
      for (let output = 0; output < node.outChannels; output++) values[output]! /= 64;
    }
  }
  return hard;
}

describe('a network that integers are hard on', () => {
  let weights: Weights;
  let whole: number;
  let quantization: Quantization;
  let rounded: number;
  beforeAll(async () => {
    weights = makeHard(await trainFloats());
    whole = (await evaluate({ network, weights, batches: validation })).top1;
    quantization = await quantizeNetwork({ network, weights, batches: [drawImages(48, 'calibration')] });
    rounded = await judgePlan(quantization.plan, validation);
  }, 300_000);

  const train = async (epochs: number, methods: PartialRecipe['distill'] = {}) => {
    const { distill } = recipeSchema.parse({ distill: methods });
    const teacher = openNetworkTeacher({ network, weights });
    teacher.forward(tf.zeros([1, ...network.inputSize, 3]), { taps: [], embedding: false }, null); // From now on it is on the back end.
    const before = tf.memory().numTensors;
    const trained = await trainIntegers({
      given: { plan: quantization.plan, score: rounded },
      epochs,
      stepsPerEpoch: 20,
      batches: (epoch) => drawEpoch(`integers ${epoch}`),
      teacher,
      settings: distill,
      labelSmoothing: 0,
      balance: null,
      perImage: distill.perImage,
      classCounts: new Float32Array(CLASSES).fill(1),
      random: new Random('methods'),
      judge: (plan) => judgePlan(plan, validation),
    });
    expect(tf.memory().numTensors).toBe(before);
    await teacher.close();
    return trained;
  };

  test('learns to do with them, and runtimes compute what was trained', async () => {
    expect(whole - rounded).toBeGreaterThan(0.1);
    expect(quantization.shared).toBe(false); // It would do harm.
    const { plan, score } = await train(4);
    expect(score).toBe(await judgePlan(plan, validation));
    expect(whole - score).toBeLessThan(0.4 * (whole - rounded));
    for (const format of ['tflite', 'onnx'] as const) {
      const exporter = EXPORTERS[format];
      const classes = Array.from({ length: CLASSES }, (_, i) => `class ${i}`);
      const request = { network, weights, classes, precision: 'int8' as const, quantization: plan };
      const bytes = exporter.write(request);
      const { images } = await verifyExport({ exporter, bytes, request, batches: [drawImages(32, 'verified')] });
      expect(images).toBe(32);
      // ONNX Runtime's fast kernels overflow on some processors; its plain ones never do.
      const plain = { ...exporter, open: (file: Uint8Array) => exporter.open(file, { optimize: format === 'tflite' }) };
      const { top1 } = await evaluateExport({ exporter: plain, bytes, batches: validation });
      expect(Math.abs(top1 - score)).toBeLessThanOrEqual(0.02);
    }
  }, 300_000);

  test.each(METHOD_NAMES.filter((name) => METHODS[name].needs.join() === 'teacherLogits'))(
    'learns from the labels and, by %s, from the teacher',
    async (name) => {
      const off = Object.fromEntries(METHOD_NAMES.map((each) => [each, { weight: 0 }]));
      const { score } = await train(2, { ...off, crossEntropy: { weight: 1 }, [name]: { weight: 1 } });
      expect(score).toBeGreaterThan(rounded);
    },
    300_000,
  );

  test('learns the same every time', async () => {
    const [one, two] = [await train(1), await train(1)];
    expect(two).toEqual(one);
  }, 300_000);
});
