import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';
import { EXPORTERS } from '../../../../electron/engine/export/index.ts';
import {
  countNetwork,
  embeddingLength,
  embeddingTap,
  foldBatchNorm,
  forward,
  Parameters,
} from '../../../../electron/engine/model/index.ts';
import { decodeModel, encodeModel } from '../../../../electron/engine/onnx/messages.ts';
import { openOnnxTeacher, type Teacher, type TeacherImages } from '../../../../electron/engine/teacher/index.ts';
import { readFacts } from '../../../../electron/engine/teacher/onnx/facts.ts';
import type { OnnxTeacherOptions } from '../../../../electron/engine/teacher/onnx/open.ts';
import { prepareImages } from '../../../../electron/engine/teacher/onnx/prepare-images.ts';
import { hideCost } from '../../export/hidden-costs.ts';
import { drawPixels, drawRequest, normalize } from '../../export/samples.ts';

const request = drawRequest({ architecture: 'mobilenet-v3-small' });
const { network } = request;
const [height, width] = network.inputSize;
const bytes = EXPORTERS.onnx.write(request);
const images = normalize(drawPixels(network, 3));
/** Of the description, and what the file calls it. */
const NODE = 'block05/add';
const TAP = `${NODE}/output`;
const normalization = { white: 1, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const options = {
  name: 'teacher.onnx',
  classes: request.classes,
  inputSize: network.inputSize,
  normalization,
  taps: [TAP],
};

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

/** Our own forward pass. */
function computeOurs() {
  const folded = foldBatchNorm(network, request.weights);
  const parameters = Parameters.fromWeights(folded.network, folded.weights);
  return tf.tidy(() => {
    const output = forward(folded.network, parameters, tf.tensor4d(images, [3, height, width, 3]), {
      training: false,
      taps: [NODE],
    });
    const [logits, map] = [output.logits.dataSync<'float32'>(), output.taps.get(NODE)!];
    parameters.dispose();
    return { logits, shape: map.shape, values: map.dataSync<'float32'>() };
  });
}

const asked: TeacherImages = { images, size: 3 };

async function withTeacher<T>(
  file: Uint8Array,
  given: Partial<OnnxTeacherOptions>,
  work: (teacher: Teacher) => Promise<T>,
): Promise<T> {
  const teacher = await openOnnxTeacher(file, { ...options, ...given });
  try {
    return await work(teacher);
  } finally {
    await teacher.close();
  }
}

function expectNear(found: Float32Array, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
}

/** The file without what Decant says in it, as another program would have written it. */
function withoutMetadata(file: Uint8Array): Uint8Array {
  return encodeModel({ ...decodeModel(file), metadataProps: [] });
}

test('a file of ours answers as our forward pass does: logits, and feature maps by name', async () => {
  const ours = computeOurs();
  await withTeacher(bytes, {}, async (teacher) => {
    const { logits, taps } = (await teacher.answer(asked))!;
    expectNear(logits, ours.logits);
    expect(taps.get(TAP)!.shape).toEqual(ours.shape);
    expectNear(taps.get(TAP)!.values, ours.values);
    expect(teacher.channels.get(TAP)).toBe(ours.shape[3]);
    expect(teacher.description.inputSize).toEqual([height, width]);
  });
});

test('its embedding is what enters the classifier, or an output that is called so', async () => {
  const tap = embeddingTap(network);
  const ours = tf.tidy(() => {
    const folded = foldBatchNorm(network, request.weights);
    const parameters = Parameters.fromWeights(folded.network, folded.weights);
    const input = tf.tensor4d(images, [3, height, width, 3]);
    const output = forward(folded.network, parameters, input, { training: false, taps: [tap] });
    parameters.dispose();
    return { shape: output.taps.get(tap)!.shape, values: output.taps.get(tap)!.dataSync<'float32'>() };
  });
  const model = decodeModel(bytes);
  const { embedding } = readFacts(bytes);
  const rename = (name: string) => (name === embedding ? 'my_embedding' : name);
  for (const node of model.graph.node) {
    node.input = node.input.map(rename);
    node.output = node.output.map(rename);
  }
  const type = model.graph.output[0]!.type;
  model.graph.output.push({
    name: 'my_embedding',
    type: { ...type, tensorType: { ...type.tensorType, shape: { dim: [] } } },
  });
  for (const file of [bytes, encodeModel(model)])
    await withTeacher(file, { taps: [], embedding: true }, async (teacher) => {
      expect(teacher.embeddingLength).toBe(embeddingLength(network));
      const answer = (await teacher.answer(asked))!;
      expect(answer.embedding!.shape).toEqual(ours.shape);
      expectNear(answer.embedding!.values, ours.values);
    });
  await withTeacher(bytes, {}, async (teacher) => {
    expect(teacher.embeddingLength).toBeNull();
    expect((await teacher.answer(asked))!.embedding).toBeNull();
  });
});

test('a file without an embedding says so where one is asked for', async () => {
  const model = decodeModel(bytes);
  // As a classifier of convolutions alone.
  model.graph.node = model.graph.node.map((node) => (node.opType === 'Gemm' ? { ...node, opType: 'Other' } : node));
  expect(readFacts(encodeModel(model)).embedding).toBeNull();
  const opening = openOnnxTeacher(encodeModel(model), { ...options, taps: [], embedding: true });
  await expect(opening).rejects.toMatchObject({
    code: 'recipe.invalid',
    message: expect.stringMatching(/no dense layer comes last/),
  });
});

test.each([
  [
    'images larger than any recipe has',
    [1, 3, 20_000, 20_000],
    /takes images of 20000 × 20000 pixels, but only squares of 16 to 512/,
  ],
  ['tiny ones', [1, 3, 8, 8], /8 × 8 pixels/],
  ['a million at a time', [1_000_000, 3, 32, 32], /takes 1000000 images at a time, but at most 1024/],
])('a file that asks for %s is refused before any is made', async (_, shape, says) => {
  const model = decodeModel(bytes);
  model.graph.input[0]!.type.tensorType.shape.dim = shape.map((dimValue) => ({ dimValue }));
  await expect(openOnnxTeacher(encodeModel(model), options)).rejects.toMatchObject({
    code: 'model.unreadable',
    message: expect.stringMatching(says),
  });
});

test('its multiplications are those of the description', async () => {
  const { macs } = countNetwork(network);
  await withTeacher(bytes, { taps: [] }, async (teacher) => {
    // The normalization of pixels is a layer of the file.
    expect(teacher.description.macs).toBeGreaterThanOrEqual(macs);
    expect(teacher.description.macs - macs).toBeLessThanOrEqual(9 * height * width);
    const folded = countNetwork(foldBatchNorm(network, request.weights).network).parameters;
    expect(Math.abs(teacher.description.parameters - folded)).toBeLessThan(20);
  });
});

test('classes in another order are put into the dataset’s', async () => {
  const ours = computeOurs();
  const classes = request.classes.toReversed();
  const answer = await withTeacher(bytes, { classes, taps: [] }, (teacher) => teacher.answer(asked));
  const count = classes.length;
  expectNear(
    answer!.logits,
    Array.from(ours.logits, (_, i) => ours.logits[i - (i % count) + (count - 1 - (i % count))]!),
  );
});

test('a file that says nothing of its images is normalized as asked', async () => {
  const ours = computeOurs();
  // This one normalizes by itself what lies between 0 and 255.
  const plain = { white: 255, mean: [0, 0, 0], std: [1, 1, 1] };
  const answer = await withTeacher(withoutMetadata(bytes), { normalization: plain, taps: [] }, (teacher) =>
    teacher.answer(asked),
  );
  expectNear(answer!.logits, ours.logits);
});

describe('what is no teacher for a dataset is refused', () => {
  test.each<[string, Uint8Array, Partial<typeof options>, string, RegExp]>([
    [
      'another class',
      bytes,
      { classes: ['a', ...request.classes.slice(1)] },
      'weights.mismatch',
      /does not know the class "a"/,
    ],
    [
      'fewer classes',
      bytes,
      { classes: request.classes.slice(1) },
      'weights.mismatch',
      /has 5 classes, but the dataset has 4/,
    ],
    [
      'another number of logits',
      withoutMetadata(bytes),
      { classes: ['a', 'b'] },
      'weights.mismatch',
      /outputs 5 numbers per image, but the dataset has 2/,
    ],
    [
      'no such value',
      bytes,
      { taps: ['block05/sum'] },
      'recipe.invalid',
      /no value with that name; did you mean "block05/,
    ],
    [
      'a value that is no map',
      bytes,
      { taps: ['head/flatten/output'] },
      'recipe.invalid',
      /has the shape \[1, \d+\]; name a feature map/,
    ],
    ['no ONNX file', new Uint8Array(100), {}, 'model.unreadable', /not a complete ONNX file/],
  ])('%s', async (_, file, given, code, message) => {
    await expect(openOnnxTeacher(file, { ...options, ...given })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('images', () => {
  test('are scaled between the centres of pixels, and laid out by planes', () => {
    const ramp = Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => (Math.floor(i / 3) % 4) + 10 * (i % 3));
    const same = normalization;
    const half = prepareImages(ramp, { count: 1, size: [4, 4] }, { ...same, size: [2, 2], layout: 'NCHW' });
    expect([...half].map((value) => Number(value.toFixed(4)))).toEqual([
      0.5, 2.5, 0.5, 2.5, 10.5, 12.5, 10.5, 12.5, 20.5, 22.5, 20.5, 22.5,
    ]);
    const whole = prepareImages(ramp, { count: 1, size: [4, 4] }, { ...same, size: [4, 4], layout: 'NHWC' });
    for (const [i, value] of whole.entries()) expect(value).toBeCloseTo(ramp[i]!, 4);
  });
});

test('a teacher that would compute for hours is refused before it computes', async () => {
  const model = decodeModel(bytes);
  const first = model.graph.node.find(({ opType }) => opType === 'Conv')!;
  first.attribute = first.attribute.filter(({ name }) => name !== 'pads');
  first.attribute.push({ name: 'pads', type: 7, ints: [20_000, 20_000, 20_000, 20_000] });
  await expect(openOnnxTeacher(encodeModel(model), options)).rejects.toMatchObject({
    code: 'model.unreadable',
    message: expect.stringMatching(
      /^The ONNX teacher takes at least \d+ billion operations per image, but at most 300 billion can be computed; choose a smaller teacher\.$/,
    ),
  });
});

test('a teacher that hides what it computes is tried in a process, which is ended', async () => {
  const hidden = hideCost(bytes, 'in shapes that only show in computing', 9000);
  await expect(openOnnxTeacher(hidden, { ...options, firstAnswerMs: 1500 })).rejects.toMatchObject({
    code: 'model.unreadable',
    message: 'The ONNX teacher takes more than 1.5 s for its first image; choose a smaller teacher.',
  });
});
