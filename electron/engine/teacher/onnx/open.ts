import { InferenceSession, Tensor } from 'onnxruntime-node';
import { findInputSizeFault } from '../../../../shared/run/network-limits.ts';
import { listSome } from '../../../../shared/text/shorten.ts';
import { DecantError } from '../../core/errors.ts';
import { describeOnnxFailure, findOnnxCostFault } from '../../measure/index.ts';
import { nearest } from '../../model/taps.ts';
import { countOperations, readImageShape } from '../../onnx/count-operations.ts';
import { decodeModel } from '../../onnx/messages.ts';
import { uploadAnswer } from '../answered-teacher.ts';
import type { Teacher, TeacherAnswer } from '../teacher.ts';
import { exposeValues } from './expose-values.ts';
import { type OnnxFacts, readFacts } from './facts.ts';
import { type ImagePreparation, prepareImages } from './prepare-images.ts';

/** How images of a file that does not say so itself are normalized. */
export interface OnnxNormalization {
  readonly white: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Characters of a value's name that is suggested. */
const LONGEST_SUGGESTED = 200;
/** Images that a file may ask for at once. */
const LARGEST_BATCH = 1024;

export interface OnnxTeacherOptions {
  /** Of the file. */
  readonly name: string;
  /** Names of the dataset's classes, in their order; null: they are not compared with the file's. */
  readonly classes: readonly string[] | null;
  /** `[height, width]` of the images that it is asked about. */
  readonly inputSize: readonly [number, number];
  readonly normalization: OnnxNormalization;
  /** Names of inner values that are feature maps to be distilled. */
  readonly taps: readonly string[];
  /** Whether its embeddings are asked for. */
  readonly embedding?: boolean;
  /** How long it is tried, where only trying tells whether it ever answers; for tests. */
  readonly firstAnswerMs?: number;
}

/**
 * Any classifier in an ONNX file as a teacher, in ONNX Runtime on the CPU. Probabilities in the place of logits are turned into logarithms, which
 * say the same. The owner calls `close`.
 *
 * @throws DecantError `model.unreadable` for a file that is not a classifier of RGB images, `weights.mismatch` for other classes,
 *   `recipe.invalid` for taps, or an embedding, that it has not
 */
export async function openOnnxTeacher(bytes: Uint8Array, options: OnnxTeacherOptions): Promise<Teacher> {
  const facts = readFacts(bytes);
  checkTaps(facts, options.taps);
  const embedding = options.embedding ? requireEmbedding(facts) : null;
  const order = options.classes && findOrder(facts, options.classes);
  await checkCost(bytes, options);
  const session = await load(exposeValues(bytes, listExposed(facts, options.taps, embedding)));
  try {
    const preparation = describeInput(session, facts, options);
    const run = async (images: Float32Array, size: number, from = session) =>
      runSession(from, preparation, prepareImages(images, { count: size, size: options.inputSize }, preparation), size);
    const [height, width] = options.inputSize;
    const grey = new Float32Array(height * width * 3);
    const probe = await run(grey, 1);
    const logits = probe.get(facts.output)!;
    const classes = logits.data.length;
    if (options.classes && classes !== options.classes.length)
      throw new DecantError(
        'weights.mismatch',
        `The ONNX teacher outputs ${classes} numbers per image, but the dataset has ${options.classes.length} classes; use one that was trained on these classes.`,
        { has: classes, classes: options.classes.length },
      );
    const read = (values: ReadonlyMap<string, Tensor>): TeacherAnswer => ({
      logits: reorder(toLogits(dataOf(values.get(facts.output)!), classes), order),
      taps: new Map(options.taps.map((tap) => [tap, toMap(tap, values.get(tap)!, preparation.layout)])),
      embedding: embedding === null ? null : toEmbedding(embedding, values.get(embedding)!),
    });
    const { taps, embedding: probed } = read(probe);
    return {
      description: {
        name: options.name,
        inputSize: preparation.size,
        parameters: facts.parameters,
        macs: await countMacs(bytes, facts, (from) => run(grey, 1, from)),
        sizeBytes: bytes.byteLength,
      },
      model: null,
      channels: new Map([...taps].map(([tap, { shape }]) => [tap, shape[3]!])),
      embeddingLength: probed?.shape[1] ?? null,
      answer: async ({ images, size }) => read(await run(images, size)),
      forward: (images, wish, answer) => uploadAnswer(answer!, images.shape[0], wish), // It was answered before.
      close: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function load(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      logSeverityLevel: 4, // What it would write itself holds names of the file as they are.
      // Idle threads would otherwise spin and take the cores from our own back end.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw new DecantError(
      'model.unreadable',
      `ONNX Runtime cannot load the teacher (${describeOnnxFailure(error)}); export it as one file, with its weights inside.`,
      {},
      { cause: error },
    );
  }
}

/** What the file's one input asks for. @throws DecantError `model.unreadable` */
function describeInput(
  session: InferenceSession,
  { takesBytes }: OnnxFacts,
  { inputSize, normalization }: OnnxTeacherOptions,
): ImagePreparation & { readonly batch: number | null } {
  const [input, ...others] = session.inputMetadata;
  const shape = input?.isTensor && input.type === 'float32' ? input.shape : [];
  const layout = shape[1] === 3 ? 'NCHW' : shape[3] === 3 ? 'NHWC' : null;
  if (layout === null || shape.length !== 4 || others.length > 0)
    throw new DecantError(
      'model.unreadable',
      `The ONNX teacher takes ${listSome(session.inputNames) || 'nothing'} of shape [${shape.join(', ')}], not one float32 image [batch, 3, height, width] or [batch, height, width, 3]; export it with such an input.`,
      { shape },
    );
  const [height, width] = layout === 'NCHW' ? shape.slice(2) : shape.slice(1);
  const fixed = (length: unknown, otherwise: number) => (typeof length === 'number' && length > 0 ? length : otherwise);
  const size = [fixed(height, inputSize[0]), fixed(width, inputSize[1])] as const;
  const fault = findInputSizeFault(size);
  if (fault !== null)
    throw new DecantError('model.unreadable', `The ONNX teacher ${fault}; export it for another size.`, { shape });
  if (Number(shape[0]) > LARGEST_BATCH)
    throw new DecantError(
      'model.unreadable',
      `The ONNX teacher takes ${shape[0]} images at a time, but at most ${LARGEST_BATCH} can be given; export it with a dynamic batch size.`,
      { shape },
    );
  return {
    size,
    layout,
    ...(takesBytes ? { white: 255, mean: [0, 0, 0], std: [1, 1, 1] } : normalization),
    batch: typeof shape[0] === 'number' && shape[0] > 0 ? shape[0] : null,
  };
}

/** What would take too long is refused before it is loaded. @throws DecantError `model.unreadable` */
async function checkCost(bytes: Uint8Array, { inputSize, firstAnswerMs }: OnnxTeacherOptions): Promise<void> {
  const model = decodeModel(bytes);
  const image = readImageShape(model.graph, inputSize);
  const fault = await findOnnxCostFault(bytes, { cost: countOperations(model, image), image, firstAnswerMs });
  if (fault !== null)
    throw new DecantError('model.unreadable', `The ONNX teacher ${fault}; choose a smaller teacher.`, {});
}

/** Runs all images, in as many calls as a fixed batch size makes necessary. */
async function runSession(
  session: InferenceSession,
  { batch, size: [height, width], layout }: ImagePreparation & { readonly batch: number | null },
  images: Float32Array,
  count: number,
): Promise<Map<string, Tensor>> {
  const length = height * width * 3;
  const step = batch ?? count;
  const parts: Record<string, Tensor>[] = [];
  for (let from = 0; from < count; from += step) {
    // The last call of a file with a fixed batch is filled up with zeros.
    const part = new Float32Array(step * length);
    part.set(images.subarray(from * length, Math.min(count, from + step) * length));
    const dims = layout === 'NCHW' ? [step, 3, height, width] : [step, height, width, 3];
    const feeds = { [session.inputNames[0]!]: new Tensor('float32', part, dims) };
    parts.push(
      await session.run(feeds).catch((error: unknown) => {
        throw new DecantError(
          'model.unreadable',
          `ONNX Runtime cannot run the teacher (${describeOnnxFailure(error)}); export it again.`,
          {},
          { cause: error },
        );
      }),
    );
  }
  return new Map(
    session.outputNames.map((name) => [
      name,
      join(
        parts.map((part) => part[name]!),
        count,
      ),
    ]),
  );
}

function join(parts: readonly Tensor[], count: number): Tensor {
  const [first] = parts;
  const [step = 1, ...rest] = first!.dims;
  if (parts.length === 1 && step === count) return first!;
  const length = rest.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(count * length);
  for (const [i, part] of parts.entries())
    data.set(dataOf(part).subarray(0, (Math.min(count, (i + 1) * step) - i * step) * length), i * step * length);
  return new Tensor('float32', data, [count, ...rest]);
}

/** Multiplications of one image: the layers' outputs are looked at once, for their sizes. */
async function countMacs(
  bytes: Uint8Array,
  { layers, output }: OnnxFacts,
  run: (session: InferenceSession) => Promise<Map<string, Tensor>>,
): Promise<number> {
  const inner = layers.filter((layer) => layer.output !== output).map((layer) => layer.output);
  const session = await load(exposeValues(bytes, inner));
  try {
    const values = await run(session);
    return layers.reduce((sum, layer) => sum + (values.get(layer.output)?.size ?? 0) * layer.multiplications, 0);
  } finally {
    await session.release();
  }
}

/** Values that the session gives besides what the file itself does. */
function listExposed({ outputs }: OnnxFacts, taps: readonly string[], embedding: string | null): string[] {
  return [...new Set([...taps, ...(embedding === null ? [] : [embedding])])].filter((name) => !outputs.includes(name));
}

/** @throws DecantError `recipe.invalid` */
function requireEmbedding({ embedding }: OnnxFacts): string {
  if (embedding !== null) return embedding;
  throw new DecantError(
    'recipe.invalid',
    'The recipe distils embeddings, but the ONNX teacher has none: no output is called "embedding", and no dense layer comes last; set the weights of those methods to 0 and "pretrain.student" to "answers", or export it with such an output.',
    {},
  );
}

function checkTaps({ values }: OnnxFacts, taps: readonly string[]): void {
  const missing = taps.find((tap) => !values.includes(tap));
  if (missing === undefined) return;
  throw new DecantError(
    'recipe.invalid',
    `distill.pairs names "${missing}", but the ONNX teacher computes no value with that name; did you mean ${nearest(
      missing,
      values.filter((name) => name.length <= LONGEST_SUGGESTED),
      3,
    )
      .map((name) => `"${name}"`)
      .join(', ')}?`,
    { tap: missing },
  );
}

/**
 * Where each of the dataset's classes stands among the teacher's logits; null where they have one order, or the file does not
 * say.
 *
 * @throws DecantError `weights.mismatch`
 */
function findOrder({ labels }: OnnxFacts, classes: readonly string[]): number[] | null {
  if (labels === null || labels.join('\n') === classes.join('\n')) return null;
  const order = classes.map((name) => labels.indexOf(name));
  const missing = order.indexOf(-1);
  if (missing < 0 && labels.length === classes.length) return order;
  throw new DecantError(
    'weights.mismatch',
    missing >= 0
      ? `The ONNX teacher does not know the class "${classes[missing]}"; its classes are ${listSome(labels)}: use one that was trained on these classes.`
      : `The ONNX teacher has ${labels.length} classes, but the dataset has ${classes.length}; use one that was trained on these classes.`,
    { labels, classes },
  );
}

function reorder(logits: Float32Array, order: readonly number[] | null): Float32Array {
  if (order === null) return logits;
  const classes = order.length;
  return logits.map((_, i) => logits[i - (i % classes) + order[i % classes]!]!);
}

/** Logits as they are; the logarithms of what are probabilities. */
function toLogits(values: Float32Array, classes: number): Float32Array {
  for (let start = 0; start < values.length; start += classes) {
    const row = values.subarray(start, start + classes);
    const sum = row.reduce((total, value) => total + value, 0);
    if (Math.abs(sum - 1) > 1e-3 || row.some((value) => value < 0)) return values;
  }
  return values.map((value) => Math.log(Math.max(value, 1e-12)));
}

/** A feature map with its channels last. @throws DecantError `recipe.invalid` */
function toMap(name: string, tensor: Tensor, layout: 'NCHW' | 'NHWC') {
  const values = dataOf(tensor);
  const { dims } = tensor;
  if (dims.length !== 4)
    throw new DecantError(
      'recipe.invalid',
      `distill.pairs names "${name}" of the ONNX teacher, which has the shape [${dims.join(', ')}]; name a feature map of four dimensions.`,
      { tap: name, dims },
    );
  const [count, ...rest] = dims as [number, number, number, number];
  if (layout === 'NHWC') return { shape: [count, ...rest], values };
  const [channels, height, width] = rest;
  const area = height * width;
  const result = new Float32Array(values.length);
  for (let image = 0; image < count; image++)
    for (let channel = 0; channel < channels; channel++)
      for (let i = 0; i < area; i++)
        result[(image * area + i) * channels + channel] = values[(image * channels + channel) * area + i]!;
  return { shape: [count, height, width, channels], values: result };
}

/** Embeddings `[size, length]`; axes of length 1 are left out. @throws DecantError `recipe.invalid` */
function toEmbedding(name: string, tensor: Tensor) {
  const [count = 0, ...rest] = tensor.dims;
  const [length, ...more] = rest.filter((dim) => dim !== 1);
  if (length === undefined || more.length > 0)
    throw new DecantError(
      'recipe.invalid',
      `The recipe distils embeddings, but "${name}" of the ONNX teacher has the shape [${tensor.dims.join(', ')}], not one row for each image; export it with an output "embedding" of that shape.`,
      { embedding: name, dims: tensor.dims },
    );
  return { shape: [count, length], values: dataOf(tensor) };
}

/** @throws DecantError `model.unreadable` for other numbers than 32-bit floats */
function dataOf({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new DecantError(
    'model.unreadable',
    `The ONNX teacher outputs ${type}, not float32; export it in 32-bit floats.`,
    { type },
  );
}
