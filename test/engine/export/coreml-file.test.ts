import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Interpreter } from '../../../electron/engine/export/coreml/interpreter.ts';
import type { MilOperation } from '../../../electron/engine/export/coreml/messages.ts';
import { type CoremlPackage, readPackage, writePackage } from '../../../electron/engine/export/coreml/package.ts';
import { readProgram } from '../../../electron/engine/export/coreml/read-program.ts';
import { EXPORTERS, RESIZE, verifyExport } from '../../../electron/engine/export/index.ts';
import { networks } from './networks.ts';
import { readZip } from './read-zip.ts';
import { drawBatches, drawPixels, drawRequest, requestOf } from './samples.ts';

const { write, describe: describeFile, open } = EXPORTERS.coreml;
const request = drawRequest({ architecture: 'mobilenet-v3-large' });

const operationsOf = ({ model }: CoremlPackage): MilOperation[] =>
  model.mlProgram.functions.main!.blockSpecializations.CoreML6!.operations;

describe('the package', () => {
  test('is a folder as Xcode wants it: a manifest that names the model and the folder of its weights', async () => {
    const files = await readZip(write(request));
    expect(Object.keys(files)).toEqual([
      'ImageClassifier.mlpackage/Manifest.json',
      'ImageClassifier.mlpackage/Data/com.apple.CoreML/model.mlmodel',
      'ImageClassifier.mlpackage/Data/com.apple.CoreML/weights/weight.bin',
    ]);
    const manifest = JSON.parse(files['ImageClassifier.mlpackage/Manifest.json']!.toString());
    expect(manifest.fileFormatVersion).toBe('1.0.0');
    const items: Record<string, { path: string }> = manifest.itemInfoEntries;
    expect(items[manifest.rootModelIdentifier]!.path).toBe('com.apple.CoreML/model.mlmodel');
    expect(Object.values(items).map(({ path }) => path)).toContain('com.apple.CoreML/weights');
    for (const id of Object.keys(items)) expect(id).toMatch(/^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/);
  });

  test('takes a picture and gives a label with probabilities', () => {
    const { model } = readPackage(write(request));
    expect(model.specificationVersion).toBe(7);
    const { input, output, predictedFeatureName, predictedProbabilitiesName, metadata } = model.description;
    expect(input).toEqual([
      expect.objectContaining({ name: 'image', type: { imageType: { width: 32, height: 32, colorSpace: 20 } } }),
    ]);
    expect(output.map(({ name, type }) => [name, Object.keys(type)])).toEqual([
      ['classLabel', ['stringType']],
      ['classLabel_probs', ['dictionaryType']],
    ]);
    expect([predictedFeatureName, predictedProbabilitiesName]).toEqual(['classLabel', 'classLabel_probs']);
    expect(metadata).toMatchObject({ author: 'Decant', shortDescription: expect.stringContaining('5 classes') });
  });

  test.each(['fp32', 'fp16'] as const)('%s: every tensor of weights lies aligned in the file, once', (precision) => {
    const content = readPackage(write({ ...request, precision }));
    const { weights } = content;
    const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
    const stored = operationsOf(content).flatMap(({ attributes }) => attributes.val?.blobFileValue ?? []);
    expect(view.getUint32(0, true)).toBe(stored.length);
    expect(view.getUint32(4, true)).toBe(2);
    let end = 64;
    for (const { fileName, offset } of stored) {
      expect(fileName).toBe('@model_path/weights/weight.bin');
      expect(offset).toBe(Math.ceil(end / 64) * 64);
      expect(view.getUint32(offset, true)).toBe(0xdeadbeef);
      expect(view.getUint32(offset + 4, true)).toBe(precision === 'fp32' ? 2 : 1);
      expect(Number(view.getBigUint64(offset + 16, true))).toBe(offset + 64);
      end = offset + 64 + Number(view.getBigUint64(offset + 8, true));
    }
    expect(weights.length).toBe(Math.ceil(end / 64) * 64);
    const bytes = precision === 'fp32' ? 4 : 2;
    const numbers = [...request.weights.values()].reduce((sum, { values }) => sum + values.length, 0);
    expect(weights.length / (bytes * numbers)).toBeLessThan(1.2);
  });

  test('16 bits are those of all values between the normalization of pixels and the logits', () => {
    const { operations } = readProgram(readPackage(write({ ...request, precision: 'fp16' })));
    expect(operations.map(({ result }) => result.dataType)).toEqual([
      'fp32',
      ...operations.slice(2).map(() => 'fp16'),
      'fp32',
    ]);
    expect([operations[0]!.type, operations[1]!.type, operations.at(-1)!.type]).toEqual(['conv', 'cast', 'cast']);
  });

  test('equal requests give equal bytes', () => {
    expect(Buffer.compare(write(drawRequest()), write(drawRequest()))).toBe(0);
  });
});

test.each(Object.keys(networks))('every reference and type is sound: %s', (name) => {
  for (const precision of ['fp32', 'fp16'] as const)
    expect(readProgram(readPackage(write({ ...requestOf(networks[name]!), precision }))).inputSize).toEqual(
      networks[name]!.inputSize,
    );
});

test('the temperature is told where it is known', () => {
  const { metadata } = readPackage(write({ ...request, temperature: 0.703 })).model.description;
  expect(JSON.parse(metadata!.userDefined!.calibration!)).toMatchObject({ temperature: 0.703 });
});

test('metadata comes back as it was given; labels that are alike are told apart in the program', async () => {
  const classes = ['ascii', 'Ä 🌷 花', 'with "quotes" and \\', ' line\nbreak\ttab', 'ascii'];
  const archive = write({ ...request, classes });
  expect(describeFile(archive)).toEqual({
    architecture: 'mobilenet-v3-large',
    classes,
    preprocessing: { inputSize: [32, 32], resize: RESIZE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  });
  const classify = operationsOf(readPackage(archive)).at(-1)!;
  const labels = classify.inputs.classes!.arguments[0]!.value!.immediateValue!.list!.values;
  expect(labels.map((label) => label.immediateValue!.tensor!.strings!.values[0])).toEqual([
    ...classes.slice(0, 4),
    'ascii_2',
  ]);
});

describe('a program that is not sound is refused, and says why:', () => {
  type Change = (operations: MilOperation[], content: { weights: Uint8Array }) => void;
  const find = (operations: MilOperation[], type: string) => operations.find((operation) => operation.type === type)!;
  const blob = (operations: MilOperation[]) =>
    operations.flatMap(({ attributes }) => attributes.val?.blobFileValue ?? []);
  test.each<[string, Change, RegExp]>([
    ['a name of nothing', (all) => (find(all, 'conv').inputs.x!.arguments[0]!.name = 'nothing'), /conv reads nothing/],
    ['a value before it is there', (all) => all.reverse(), /reads .* no value before it|no single result/],
    [
      'another shape than the operation gives',
      (all) => (find(all, 'linear').outputs[0]!.type.tensorType!.dimensions[1]!.constant!.size = 7),
      /is said to be fp32 \[1, 7\], but is fp32 \[1, \d+\]/,
    ],
    [
      'another type than the operation gives',
      (all) => (find(all, 'relu').outputs[0]!.type.tensorType!.dataType = 10),
      /is said to be fp16/,
    ],
    ['an operation that Decant does not write', (all) => (find(all, 'relu').type = 'gelu'), /does not write: gelu/],
    ['weights beyond the file', (all) => (blob(all)[0]!.offset = 2 ** 30), /no weights at 1073741824/],
    ['weights between two', (all) => (blob(all)[0]!.offset += 4), /no weights at/],
    [
      'weights of another number',
      (all) => (blob(all)[0]!.offset = blob(all).at(-1)!.offset),
      /are not \d+ numbers in fp32/,
    ],
    [
      'a weight file cut short',
      (all, content) => (content.weights = content.weights.subarray(0, blob(all).at(-1)!.offset + 64)),
      /not inside of the file/,
    ],
    [
      'a weight file of another version',
      (_, content) => (content.weights = new Uint8Array(content.weights.length)),
      /no blob storage/,
    ],
    [
      'a stride that differs by side',
      (all) => (find(all, 'const').attributes.val!.type.tensorType!.rank = 9),
      /has the shape/,
    ],
    ['two values of one name', (all) => (all[1]!.outputs[0]!.name = all[0]!.outputs[0]!.name), /two values named/],
    ['no end', (all) => all.pop(), /does not end in a classification/],
    [
      'labels for other probabilities',
      (all) => all.at(-1)!.inputs.classes!.arguments[0]!.value!.immediateValue!.list!.values.pop(),
      /4 labels for probabilities of shape \[1, 5\]/,
    ],
  ])('%s', (_, change, says) => {
    const content = { ...readPackage(write(request)) };
    change(operationsOf(content), content);
    expect(() => readProgram(content)).toThrow(says);
  });

  test('in one sentence where it is opened', async () => {
    const content = readPackage(write(request));
    find(operationsOf(content), 'relu').type = 'gelu';
    await expect(open(writePackage(content))).rejects.toMatchObject({
      code: 'model.unreadable',
      message: expect.stringMatching(
        /^Decant's Core ML interpreter cannot run this file of \d+ bytes \(.*gelu\); export the network again\.$/,
      ),
    });
  });
});

describe('the interpreter', () => {
  const interpret = async (act: () => Promise<void>): Promise<void> => {
    await startCompute({ backend: 'cpu' });
    try {
      await act();
    } finally {
      await stopCompute();
    }
  };

  test('leaves no tensors behind', () =>
    interpret(async () => {
      const program = readProgram(readPackage(write({ ...request, precision: 'fp16' })));
      const before = tf.memory().numTensors;
      const interpreter = new Interpreter(program, { rounds: true });
      await interpreter.run(drawPixels(request.network, 2), 2);
      interpreter.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }));

  test('says that a value does not fit into 16 bits, where one does not', async () => {
    const weights = new Map(request.weights);
    const name = [...weights.keys()].find((key) => key.endsWith('/gamma'))!;
    const gamma = weights.get(name)!;
    weights.set(name, { ...gamma, values: gamma.values.map(() => 2000) });
    const large = { ...request, weights, precision: 'fp16' as const };
    const file = await open(write(large));
    try {
      await expect(file.run(drawPixels(large.network, 1), 1)).rejects.toMatchObject({
        code: 'export.mismatch',
        message: expect.stringMatching(/reaches .*e\+\d.*, but 16 bits hold at most 65504; export in fp32/),
      });
    } finally {
      await file.close();
    }
  });
});

test.each(['fp32', 'fp16'] as const)('%s: is verified, by whom it says', async (precision) => {
  await startCompute({ backend: 'cpu' });
  try {
    const small = drawRequest({ architecture: 'mobilenet-v3-small', width: 0.35 });
    const options = { request: { ...small, precision }, batches: drawBatches(small.network, [6, 6]) };
    const bytes = write(options.request);
    const verification = await verifyExport({ exporter: EXPORTERS.coreml, bytes, ...options });
    expect(verification).toMatchObject({ images: 12, caveat: null });
    expect(verification.runtime).toBe("Decant's Core ML interpreter, Decant's WebAssembly, one thread per core");
    expect(verification.maxAbsDifference).toBeLessThan((precision === 'fp32' ? 1e-4 : 2e-2) * verification.range);
    // A file of other weights, even ones nearly alike, is not let through.
    const other = new Map(
      [...small.weights].map(([name, { shape, values }]) => [
        name,
        { shape, values: name.endsWith('/weight') ? values.map((value) => value * 1.02) : values },
      ]),
    );
    const wrong = write({ ...options.request, weights: other });
    await expect(verifyExport({ exporter: EXPORTERS.coreml, bytes: wrong, ...options })).rejects.toMatchObject({
      code: 'export.mismatch',
    });
  } finally {
    await stopCompute();
  }
});
