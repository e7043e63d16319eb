import { describe, expect, test } from 'vitest';
import {
  decodeModel as decodeCoreml,
  encodeModel as encodeCoreml,
} from '../../../electron/engine/export/coreml/messages.ts';
import { readPackage, writePackage } from '../../../electron/engine/export/coreml/package.ts';
import { encodeFlatBuffer } from '../../../electron/engine/export/flatbuffer.ts';
import { EXPORTERS, type Exporter, openDescribed } from '../../../electron/engine/export/index.ts';
import { FILE_IDENTIFIER, MODEL } from '../../../electron/engine/export/tflite/schema.ts';
import { readZipEntry, writeZip } from '../../../electron/engine/export/zip.ts';
import { decodeModel, encodeModel } from '../../../electron/engine/onnx/messages.ts';
import { replaceText } from '../data/make-images.ts';
import { hideCost } from './hidden-costs.ts';
import { drawRequest } from './samples.ts';

const request = drawRequest();
const files = {
  onnx: EXPORTERS.onnx.write(request),
  tflite: EXPORTERS.tflite.write(request),
  tfjs: EXPORTERS.tfjs.write(request),
  coreml: EXPORTERS.coreml.write(request),
};
type Format = keyof typeof files;
const FORMATS = Object.keys(files) as Format[]; // The table's own keys.

/** The file with another text of the same length in what it says of itself. */
function alter(format: Format, from: string, to: string): Uint8Array {
  const bytes = Buffer.from(files[format]);
  if (format === 'coreml') {
    const content = readPackage(bytes);
    const model = decodeCoreml(replaceText(Buffer.from(encodeCoreml(content.model)), from, to));
    return writePackage({ ...content, model });
  }
  if (format !== 'tfjs') return replaceText(bytes, from, to);
  const [model, weights] = ['model.json', 'weights.bin'].map((name) => readZipEntry(bytes, name)!);
  return writeZip([
    { name: 'model.json', bytes: replaceText(Buffer.from(model!), from, to) },
    { name: 'weights.bin', bytes: weights! },
  ]);
}

async function open(exporter: Exporter, bytes: Uint8Array) {
  const { description, file } = await openDescribed(exporter, bytes);
  await file.close();
  return description;
}

describe('a file that takes long for one image', () => {
  const slow = drawRequest({ width: 1, inputSize: 512 });

  test.each(['tflite', 'tfjs'] as const)('in %s is refused, and its thread ends', async (format) => {
    const exporter = EXPORTERS[format];
    const bytes = exporter.write(slow);
    await expect(openDescribed(exporter, bytes, { firstAnswerMs: 5 })).rejects.toMatchObject({
      code: 'model.unreadable',
      message: `The ${format} file takes more than 0.005 s for one image; use a smaller network.`,
    });
    expect((await open(exporter, files[format])).classes).toHaveLength(5);
  });
});

describe.each(FORMATS)('a file in %s', (format) => {
  const exporter = EXPORTERS[format];

  test('as it was written is opened', async () => {
    expect((await open(exporter, files[format])).preprocessing.inputSize).toEqual([32, 32]);
  });

  test.each([
    [
      'another size than its graph',
      '[32,32]',
      '[64,64]',
      /says that it takes images of 64 × 64 pixels, but its graph takes 32 × 32/,
    ],
    ['an oblong', '[32,32]', '[16,32]', /takes images of 16 × 32 pixels, but only squares of 16 to 512 can be used/],
    ['a huge size', '[32,32]', '[9e9,9]', /9000000000 × 9 pixels, but only squares/],
    ['a tiny size', '[32,32]', '[8,  8]', /8 × 8 pixels, but only squares/],
    ['fewer classes', '"class 3","class 4"', '"class 3 & class 4"', /names 4 classes, but its graph gives 5 numbers/],
  ])('that tells of %s is refused in one sentence', async (_, from, to, says) => {
    await expect(open(exporter, alter(format, from, to))).rejects.toMatchObject({
      code: 'model.unreadable',
      message: expect.stringMatching(says),
    });
  });

  test('with a class name of a megabyte is refused in a short sentence', () => {
    const classes = ['x'.repeat(1e6), ...request.classes.slice(1)];
    const bytes = exporter.write({ ...request, classes });
    expect(() => exporter.describe(bytes)).toThrow(/x…x.*1000000 characters, but at most 255/);
    try {
      exporter.describe(bytes);
    } catch (error) {
      expect(String(error).length).toBeLessThan(300);
    }
  });
});

test('an ONNX file whose graph contradicts itself when it is run is refused in one sentence', async () => {
  const model = decodeModel(files.onnx);
  const normalization = model.graph.initializer.find(({ dims }) => dims.length === 4)!;
  normalization.dims = [normalization.dims.reduce((product, length) => product * length, 1)];
  const bytes = encodeModel(model);
  await expect(open(EXPORTERS.onnx, bytes)).rejects.toMatchObject({
    code: 'model.unreadable',
    message: expect.stringMatching(
      /^ONNX Runtime cannot (load|run) this file of \d+ bytes \([^\n]*\); export the network again\.$/,
    ),
  });
});

test('a TFLite file that points at the same numbers again and again is refused at once', () => {
  const tensors = new Array(8000).fill({ name: 'x', shape: Array.from({ length: 8000 }, (_, i) => i) });
  const bytes = encodeFlatBuffer(MODEL, { version: 3, subgraphs: [{ tensors }] }, FILE_IDENTIFIER);
  expect(bytes.length).toBeLessThan(70_000);
  const begun = performance.now();
  expect(() => EXPORTERS.tflite.describe(bytes)).toThrow(/it unfolds to far more than a network is described by/);
  expect(performance.now() - begun).toBeLessThan(2000);
});

test('an archive that unpacks to far more than it is, is refused before it is unpacked', () => {
  const model = readZipEntry(files.tfjs, 'model.json')!;
  const bytes = writeZip([
    { name: 'model.json', bytes: model },
    { name: 'weights.bin', bytes: new Uint8Array(2 ** 26), compress: true },
  ]);
  expect(() => EXPORTERS.tfjs.describe(bytes)).toThrow(/would unpack from \d{5} to 67108864 bytes/);
});

test('an ONNX file of few bytes that would compute for hours is refused before it computes', async () => {
  const model = decodeModel(files.onnx);
  const first = model.graph.node.find(({ opType }) => opType === 'Conv')!;
  first.attribute = first.attribute.filter(({ name }) => name !== 'pads');
  first.attribute.push({ name: 'pads', type: 7, ints: [20_000, 20_000, 20_000, 20_000] });
  await expect(open(EXPORTERS.onnx, encodeModel(model))).rejects.toMatchObject({
    code: 'model.unreadable',
    message: expect.stringMatching(
      /^The ONNX file takes at least \d+ billion operations per image, but at most 300 billion can be computed; use a smaller network\.$/,
    ),
  });
});

describe('an ONNX file that hides what it computes', () => {
  const openIn = (bytes: Uint8Array, firstAnswerMs?: number) =>
    openDescribed(EXPORTERS.onnx, bytes, firstAnswerMs === undefined ? {} : { firstAnswerMs });

  test('in what is computed when it is loaded is refused before it is', async () => {
    const begun = performance.now();
    await expect(openIn(hideCost(files.onnx, 'when it is loaded', 9000))).rejects.toMatchObject({
      code: 'model.unreadable',
      message: expect.stringMatching(/^The ONNX file takes at least 7\d\d billion operations per image, but/),
    });
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('with a value that fills the memory is refused before it is loaded', async () => {
    const model = decodeModel(files.onnx);
    const first = model.graph.node.find(({ opType }) => opType === 'Conv')!;
    first.attribute = first.attribute.filter(({ name }) => name !== 'pads');
    first.attribute.push({ name: 'pads', type: 7, ints: [3000, 3000, 3000, 3000] });
    await expect(openIn(encodeModel(model))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The ONNX file computes a value of \d+ million numbers per image, but at most 100 million can be held; use a smaller network\.$/,
      ),
    });
  });

  test('in shapes is tried in a process, which is ended', async () => {
    const begun = performance.now();
    await expect(
      openIn(hideCost(files.onnx, 'in shapes that only show in computing', 9000), 1500),
    ).rejects.toMatchObject({
      code: 'model.unreadable',
      message: 'The ONNX file takes more than 1.5 s for its first image; use a smaller network.',
    });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test('but little of it is opened', async () => {
    const { file } = await openIn(hideCost(files.onnx, 'in shapes that only show in computing', 20));
    expect(await file.run(new Uint8Array(32 * 32 * 3), 1)).toHaveLength(5);
    await file.close();
  });
});
