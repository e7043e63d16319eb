import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { readRecipeInput } from '../../electron/cli/recipe-input.ts';
import { DecantError } from '../../electron/engine/core/errors.ts';
import { Random } from '../../electron/engine/core/random.ts';
import { ByteReader } from '../../electron/engine/data/byte-location.ts';
import { decodePixels, readImageFacts } from '../../electron/engine/data/decode-image.ts';
import { openDataset } from '../../electron/engine/data/index.ts';
import type { CoremlModel } from '../../electron/engine/export/coreml/messages.ts';
import { readPackage, writePackage } from '../../electron/engine/export/coreml/package.ts';
import { decodeFlatBuffer, encodeFlatBuffer } from '../../electron/engine/export/flatbuffer.ts';
import { EXPORTERS, type ExportFormat, openDescribed } from '../../electron/engine/export/index.ts';
import { FILE_IDENTIFIER, MODEL, type TfliteModel } from '../../electron/engine/export/tflite/schema.ts';
import { readZipEntry, writeZip } from '../../electron/engine/export/zip.ts';
import {
  buildNetwork,
  importWeights,
  initializeWeights,
  readSafetensors,
  writeSafetensors,
} from '../../electron/engine/model/index.ts';
import {
  decodeModel as decodeOnnx,
  encodeModel as encodeOnnx,
  type OnnxModel,
} from '../../electron/engine/onnx/messages.ts';
import { decodeModel, encodeModel } from '../../electron/engine/run/context/models.ts';
import { parseRecipe } from '../../electron/engine/run/context/parse-recipe.ts';
import { openOnnxTeacher } from '../../electron/engine/teacher/onnx/open.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../electron/engine/train/checkpoint-format.ts';
import { readRecipe } from '../../electron/main/files/read-recipe.ts';
import { REQUESTS } from '../../shared/ipc/contract.ts';
import { explainMismatch } from '../../shared/ipc/explain-mismatch.ts';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { formatReport } from '../../shared/run/report-text.ts';
import { readStored, writeStored } from '../../shared/stored/form.ts';
import { FORMS } from '../../shared/stored/forms.ts';
import { createSampleReport } from '../../test/helpers/sample-report.ts';

/** A reader accepted what it should have refused, or gave something else than what the bytes mean. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}

export interface Sample {
  readonly bytes: Uint8Array;
  /** What of it can be changed as a tree, and the file that is then made of it: forged, with checksums that fit. */
  readonly tree?: unknown;
  readonly forge?: (tree: unknown) => Uint8Array;
}

/** A reader of files or messages that anyone may have made. */
export interface Reader {
  readonly name: string;
  samples(): Promise<Sample[]>;
  /**
   * Reads; whatever it throws has to be a DecantError.
   *
   * @param folder an empty folder of the case's own
   * @param sample what the bytes were made of
   * @param forged whether checksums were made to fit
   * @throws Wrong
   */
  read(bytes: Uint8Array, context: { folder: string; sample: Sample; forged: boolean }): Promise<void>;
}

const text = (value: unknown) => Buffer.from(JSON.stringify(value) ?? 'null');
const json = (value: unknown): Sample => ({ bytes: text(value), tree: value, forge: text });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const NETWORK = buildNetwork({ architecture: 'mobilenet-v2', width: 0.1, classes: 3, inputSize: 16 });
const WEIGHTS = initializeWeights(NETWORK, new Random('fuzz'));
const REQUEST = { network: NETWORK, weights: WEIGHTS, classes: ['a', 'b', 'c'] };

async function drawImages(): Promise<Uint8Array[]> {
  const random = new Random('images');
  const input = { raw: { width: 24, height: 20, channels: 3 as const } };
  const pixels = Uint8Array.from({ length: 24 * 20 * 3 }, () => random.integer(256));
  const image = () => sharp(pixels, input);
  return Promise.all([
    image().png().toBuffer(),
    image().png({ palette: true }).toBuffer(),
    image()
      .jpeg()
      .withExif({ IFD0: { Copyright: 'x' } })
      .toBuffer(),
    image().jpeg({ progressive: true }).toBuffer(),
    image().webp().toBuffer(),
    image().webp({ lossless: true }).toBuffer(),
    image().gif().toBuffer(),
    image().toColourspace('cmyk').jpeg().toBuffer(),
  ]);
}

const images: Reader = {
  name: 'images',
  samples: async () => (await drawImages()).map((bytes) => ({ bytes })),
  async read(bytes) {
    const { width, height } = await readImageFacts(bytes);
    if (!(width > 0 && height > 0)) throw new Wrong(`a size of ${width} x ${height}`);
    const { length } = await decodePixels(bytes, 16);
    if (length !== 16 * 16 * 3) throw new Wrong(`${length} bytes of pixels`);
  },
};

const zip: Reader = {
  name: 'zip',
  async samples() {
    const files = (await drawImages())
      .slice(0, 6)
      .map((bytes, i) => ({ name: `set/${i % 2 ? 'a' : 'b'}/${i}.png`, bytes }));
    return [files, files.map((file) => ({ ...file, compress: true }))].map((entries) => ({ bytes: writeZip(entries) }));
  },
  async read(bytes, { folder }) {
    const path = join(folder, 'set.zip');
    writeFileSync(path, bytes);
    const known = new Set((await drawnOnce()).map(sha256));
    const dataset = await openDataset(path);
    await dataset.fingerprint();
    const reader = new ByteReader(path);
    try {
      for (const { location } of dataset.images) {
        let content: Uint8Array;
        try {
          content = reader.read(location);
        } catch (error) {
          if (error instanceof DecantError && error.code === 'image.unreadable') continue;
          throw error;
        }
        if (!known.has(sha256(content)))
          throw new Wrong('an image that passed its checksum and is none that was packed');
      }
    } finally {
      reader.close();
    }
  },
};
let drawn: Promise<Uint8Array[]> | undefined;
const drawnOnce = () => (drawn ??= drawImages());

/** A safetensors file whose header is a tree. */
function safetensorsSample(bytes: Uint8Array): Sample {
  const buffer = Buffer.from(bytes);
  const end = 8 + Number(buffer.readBigUInt64LE(0));
  return {
    bytes,
    tree: JSON.parse(buffer.toString('utf8', 8, end)),
    forge(tree) {
      const header = text(tree);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([length, header, buffer.subarray(end)]);
    },
  };
}

const safetensors: Reader = {
  name: 'safetensors',
  samples: async () => [safetensorsSample(writeSafetensors(WEIGHTS, { a: 'b' }))],
  async read(bytes) {
    const { tensors, metadata } = readSafetensors(bytes);
    for (const [name, { shape, values }] of tensors)
      if (values.length !== shape.reduce((product, length) => product * length, 1))
        throw new Wrong(`${name} has ${values.length} numbers for ${shape}`);
    readSafetensors(writeSafetensors(tensors, metadata));
    const { weights } = importWeights(NETWORK, bytes, new Random(1));
    for (const [name, { values }] of weights)
      if (!values.every(Number.isFinite)) throw new Wrong(`${name} is not finite`);
  },
};

const model: Reader = {
  name: 'model',
  async samples() {
    const bytes = encodeModel({ network: NETWORK, weights: WEIGHTS });
    const { metadata, tensors } = readSafetensors(bytes);
    const tree: unknown = JSON.parse(metadata['decant.network']!);
    const forge = (changed: unknown) => writeSafetensors(tensors, { 'decant.network': JSON.stringify(changed) ?? '' });
    return [{ bytes, tree, forge }];
  },
  async read(bytes) {
    const { network, weights } = decodeModel(bytes, 'the file');
    if (weights.size === 0 || network.classes < 1) throw new Wrong('nothing in it');
  },
};

const recipe: Reader = {
  name: 'recipe',
  samples: async () => [
    json(writeStored(FORMS.recipe, recipeSchema.parse({}))),
    json({ prune: { macs: 0.5 }, teacher: { weights: 'w.safetensors' }, export: { formats: ['onnx', 'tflite'] } }),
    json({ version: 1, distill: { features: { weight: 0.5 } }, train: { teacherEpochs: 3 } }),
  ],
  async read(bytes, { folder }) {
    const path = join(folder, 'recipe.json');
    writeFileSync(path, bytes);
    const given = { desktop: { confirm: async () => false }, home: join(folder, 'home') };
    const [app, cli] = await Promise.allSettled([
      readRecipe(path, given),
      (async () => parseRecipe(readRecipeInput(path, [], { home: given.home, allowOutside: false })))(),
    ]);
    if (app.status === 'fulfilled' && cli.status === 'fulfilled') {
      if (JSON.stringify(app.value.recipe) !== JSON.stringify(cli.value))
        throw new Wrong('the app and the command line differ');
      recipeSchema.parse(cli.value);
    }
    for (const result of [app, cli]) if (result.status === 'rejected') throw result.reason;
    if (app.status !== cli.status) throw new Wrong('the app and the command line disagree');
  },
};

/** Every kind of JSON that is stored, most of all reports; a report is also told as text. */
const report: Reader = {
  name: 'report',
  samples: async () => [json(writeStored(FORMS.report, createSampleReport()))],
  async read(bytes) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch (cause) {
      throw new DecantError('store.unreadable', 'The report is not JSON.', {}, { cause }); // As whoever reads one says.
    }
    for (const form of Object.values(FORMS)) {
      const reading = readStored<unknown>(form, parsed);
      if (!reading.ok && reading.why === 'invalid' && reading.details.length > 5000)
        throw new Wrong('a refusal without end');
    }
    const reading = readStored(FORMS.report, parsed);
    if (reading.ok) formatReport(reading.value);
  },
};

const checkpoint: Reader = {
  name: 'checkpoint',
  async samples() {
    const bytes = Buffer.concat(encodeCheckpoint({ data: { step: 3, list: [1, 2] }, tensors: { student: WEIGHTS } }));
    const end = 16 + bytes.readUInt32LE(12);
    const forge = (tree: unknown) => {
      const header = text(tree);
      const preamble = Buffer.from(bytes.subarray(0, 16));
      preamble.writeUInt32LE(header.length, 12);
      const content = Buffer.concat([preamble, header, bytes.subarray(end, -32)]);
      return Buffer.concat([content, createHash('sha256').update(content).digest()]);
    };
    return [{ bytes, tree: JSON.parse(bytes.toString('utf8', 16, end)), forge }];
  },
  async read(bytes, { sample, forged }) {
    const { tensors } = decodeCheckpoint(bytes, 'the checkpoint');
    if (!forged && !Buffer.from(bytes).equals(Buffer.from(sample.bytes)))
      throw new Wrong('an altered checkpoint was read');
    for (const weights of Object.values(tensors))
      for (const { shape, values } of weights.values())
        if (values.length !== shape.reduce((product, length) => product * length, 1))
          throw new Wrong('numbers are missing');
  },
};

/** Opens an exported file as `decant evaluate` does, and classifies an image. */
function exportReader(format: ExportFormat, sample: (bytes: Uint8Array) => Sample): Reader {
  const exporter = EXPORTERS[format];
  return {
    name: format,
    samples: async () => [sample(exporter.write(REQUEST))],
    async read(bytes) {
      const { description, file } = await openDescribed(exporter, bytes);
      try {
        const logits = await file.run(new Uint8Array(2 * 16 * 16 * 3).fill(100), 2);
        if (logits.length !== 2 * description.classes.length) throw new Wrong(`${logits.length} logits`);
      } finally {
        await file.close();
      }
    },
  };
}

const onnxSample = (bytes: Uint8Array): Sample => ({
  bytes,
  tree: decodeOnnx(bytes),
  forge: (tree) => encode(() => encodeOnnx(tree as OnnxModel)), // Or something else, which `encode` gives up on.
});

/** Bytes that an encoder makes of a changed tree; none where it cannot. */
function encode(make: () => Uint8Array): Uint8Array {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error) return new Uint8Array(0);
    throw error;
  }
}

const onnx = exportReader('onnx', onnxSample);
const tflite = exportReader('tflite', (bytes) => ({
  bytes,
  tree: decodeFlatBuffer(MODEL, bytes, FILE_IDENTIFIER),
  forge: (tree) => encode(() => encodeFlatBuffer(MODEL, tree as TfliteModel, FILE_IDENTIFIER)), // As above.
}));
const tfjs = exportReader('tfjs', (bytes) => {
  const [description, weights] = ['model.json', 'weights.bin'].map((name) => readZipEntry(bytes, name)!);
  return {
    bytes: writeZip([
      { name: 'model.json', bytes: description! },
      { name: 'weights.bin', bytes: weights! },
    ]),
    tree: JSON.parse(new TextDecoder().decode(description)),
    forge: (tree) =>
      writeZip([
        { name: 'model.json', bytes: text(tree), compress: true },
        { name: 'weights.bin', bytes: weights! },
      ]),
  };
});

const coreml = exportReader('coreml', (bytes) => {
  const { model: program, weights } = readPackage(bytes);
  const forge = (tree: unknown) => encode(() => writePackage({ model: tree as CoremlModel, weights })); // As above.
  return { bytes, tree: program, forge };
});

const teacher: Reader = {
  name: 'teacher',
  samples: async () => [onnxSample(EXPORTERS.onnx.write(REQUEST))],
  async read(bytes) {
    const opened = await openOnnxTeacher(bytes, {
      name: 'teacher.onnx',
      classes: REQUEST.classes,
      inputSize: [16, 16],
      normalization: { white: 1, mean: [0, 0, 0], std: [1, 1, 1] },
      taps: [],
    });
    try {
      const answer = await opened.answer({ images: new Float32Array(2 * 16 * 16 * 3), size: 2 });
      if (answer?.logits.length !== 6) throw new Wrong(`${answer?.logits.length} logits`);
    } finally {
      await opened.close();
    }
  },
};

/** Messages of the window: a name and params, which reach the engine only where they fit the contract. */
const messages: Reader = {
  name: 'messages',
  samples: async () => {
    const dataset = '0123456789abcdef';
    const run = '0123456789abcd';
    const whole = recipeSchema.parse({});
    return [
      json({ name: 'runs.start', params: { dataset, recipe: whole } }),
      json({ name: 'runs.start', params: { dataset, recipe: whole, name: 'x' } }),
      json({ name: 'runs.show', params: { run } }),
      json({ name: 'datasets.images', params: { dataset, label: null, offset: 0, limit: 50 } }),
      json({ name: 'datasets.thumbnail', params: { dataset, image: 1, size: 64 } }),
      json({ name: 'exports.showInFolder', params: { run, format: 'onnx', precision: 'fp32' } }),
      json({ name: 'recipes.save', params: { name: 'x', recipe: whole } }),
    ];
  },
  async read(bytes) {
    let message: unknown;
    try {
      message = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return; // Messages are structured clones, never broken JSON.
    }
    const { name, params } = isRecord(message) ? message : { name: undefined, params: undefined };
    if (typeof name !== 'string' || !Object.hasOwn(REQUESTS, name)) return;
    const contract = REQUESTS[name as keyof typeof REQUESTS]; // It has it.
    const checked = contract.params.safeParse(params);
    if (checked.success) structuredClone(checked.data);
    else throw new DecantError('usage.invalid', `The request is invalid: ${explainMismatch(checked.error)}.`); // As the window is told.
  },
};

/** Every reader, by what it reads. */
export const READERS: readonly Reader[] = [
  images,
  zip,
  safetensors,
  model,
  recipe,
  report,
  checkpoint,
  onnx,
  tflite,
  tfjs,
  coreml,
  teacher,
  messages,
];
