/**
 * How well the networks of finished runs tell images unlike those that they learned from, by several scores. Prints tables, or
 * JSON; docs/guide.md has some of them.
 *
 *     node bench/likeness.ts --home DIR --run ID [--run ID …] [--unlike DATASET …] [--images 240] [--json]
 *
 * Unlike images are those of the datasets, noise, images of one colour, and pictures of classes that the run does not have where it
 * learned drawn pictures; like ones are its test images. A figure is the chance that an unlike image scores higher than a like one
 * (AUROC), or the share that either network finds at the limit that Decant sets. `--images`: of each kind, at most.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { startCompute, stopCompute } from '../electron/engine/compute/index.ts';
import { Random } from '../electron/engine/core/random.ts';
import { decodePixels, drawDataset, ImageFiles, normalizePixels, openDataset } from '../electron/engine/data/index.ts';
import { ConfidenceTally, fitTemperature, LIKE_SHARE } from '../electron/engine/measure/index.ts';
import { embeddingTap, InferenceNetwork } from '../electron/engine/model/index.ts';
import { evaluationBatches, spread } from '../electron/engine/run/context/batches.ts';
import type { Model } from '../electron/engine/run/context/models.ts';
import { type FinishedRun, withFinishedRun } from '../electron/engine/run/results/finished-run.ts';
import { formatShare } from '../shared/text/format.ts';
import { formatTable } from '../shared/text/table.ts';
import { joinRows, measureSeparation, type Outputs, SCORES } from './likeness/scores.ts';

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    run: { type: 'string', multiple: true },
    unlike: { type: 'string', multiple: true, default: [] },
    images: { type: 'string', default: '240' },
    json: { type: 'boolean', default: false },
  },
});
const { home, run: runs } = values;
if (home === undefined || runs === undefined) throw new Error('Name runs and their home: --home DIR --run ID.');
const limit = Number(values.images);
/** Training images that scores learn from, at most. */
const MOST_LEARNED = 2000;
const DRAWN_CLASSES = 24;

interface Images {
  readonly images: Float32Array;
  readonly size: number;
  readonly labels?: Int32Array;
}
type Kinds = Record<string, () => AsyncIterable<Images>>;

const signal = new AbortController().signal;
const drawn = mkdtempSync(join(tmpdir(), 'decant-likeness-'));
const NETWORKS = ['teacher', 'student'] as const;

/** What a score of one network says of one kind of images. */
interface Finding {
  /** AUROC against the test images. */
  readonly separation: number;
  /** Of each image, whether it scores higher than nearly all validation images. */
  readonly found: readonly boolean[];
}
interface NetworkResult {
  readonly network: (typeof NETWORKS)[number];
  readonly temperature: number;
  readonly errorBefore: number;
  readonly errorAfter: number;
  readonly scores: Readonly<Record<string, Readonly<Record<string, Finding>>>>;
}
/** The kind of what is like. */
const LIKE = 'test images';

try {
  await startCompute({ backend: 'simd' });
  for (const run of runs) {
    const results = await withFinishedRun({ home, run, listener: () => undefined, signal }, measureRun);
    process.stdout.write(
      values.json ? `${JSON.stringify({ run, results })}\n` : `${run}\n${formatResults(results)}\n\n`,
    );
  }
} finally {
  rmSync(drawn, { recursive: true, force: true });
  await stopCompute();
}

async function measureRun(finished: FinishedRun): Promise<NetworkResult[]> {
  const kinds = await listUnlike(finished);
  const results: NetworkResult[] = [];
  for (const network of NETWORKS) {
    const model = network === 'teacher' ? finished.teacher.model : finished.student;
    if (model) results.push({ network, ...(await measureNetwork(model, finished, kinds)) });
  }
  return results;
}

async function measureNetwork(
  model: Model,
  { data }: FinishedRun,
  kinds: Kinds,
): Promise<Omit<NetworkResult, 'network'>> {
  const tap = embeddingTap(model.network);
  const inference = new InferenceNetwork(model, [tap]);
  const ask = async (images: AsyncIterable<Images>) => collect(inference, tap, images);
  const read = (indices: Int32Array, most: number) =>
    ask(evaluationBatches({ random: new Random(1) }, data, spread(indices, most)));
  try {
    const { train, validation, test } = data.splits;
    const training = await read(train, MOST_LEARNED);
    const seen = await read(validation, 1000);
    const like = await read(test, 1000);
    const others: [string, Outputs][] = [[LIKE, like]];
    for (const [kind, images] of Object.entries(kinds)) others.push([kind, await ask(images())]);
    const known = { training, labels: training.labels, validation: seen, classes: data.classes.length };
    const scores: Record<string, Record<string, Finding>> = {};
    for (const [name, learn] of Object.entries(SCORES)) {
      const score = learn(known);
      const own = score(like);
      const limit = score(seen).sort((a, b) => a - b)[Math.ceil(LIKE_SHARE * seen.logits.length) - 1]!;
      const judge = (outputs: Outputs): Finding => {
        const all = score(outputs);
        return { separation: measureSeparation(all, own), found: all.map((value) => value > limit) };
      };
      scores[name] = Object.fromEntries(others.map(([kind, outputs]) => [kind, judge(outputs)]));
    }
    const temperature = fitTemperature(joinRows(seen.logits), Int32Array.from(seen.labels));
    const tally = new ConfidenceTally({ temperature, likeness: null });
    tally.add(joinRows(like.logits), Int32Array.from(like.labels));
    const { errorBefore, errorAfter } = tally.result();
    return { temperature, errorBefore, errorAfter, scores };
  } finally {
    inference.dispose();
  }
}

function formatResults(results: readonly NetworkResult[]): string {
  const kinds = Object.keys(Object.values(results[0]!.scores)[0]!);
  const unlike = kinds.filter((kind) => kind !== LIKE);
  const names = Object.keys(SCORES);
  const numbers = (titles: readonly string[]) => titles.map((title) => ({ title, align: 'right' as const }));
  const separations = results.flatMap(({ network, scores }) =>
    names.map((name) => {
      const all = unlike.map((kind) => scores[name]![kind]!.separation);
      return [network, name, ...[...all, mean(all)].map((value) => value.toFixed(3))];
    }),
  );
  const found = names.map((name) => [
    name,
    ...kinds.map((kind) => {
      const [first, ...others] = results.map(({ scores }) => scores[name]![kind]!.found);
      const either = first!.map((one, image) => one || others.some((other) => other[image]));
      return formatShare(mean(either.map(Number)));
    }),
  ]);
  return [
    ...results.map(
      ({ network, temperature, errorBefore, errorAfter }) =>
        `${network}: temperature ${temperature}, calibration error ${formatShare(errorBefore)} → ${formatShare(errorAfter)}`,
    ),
    '',
    formatTable([{ title: 'AUROC' }, { title: 'Score' }, ...numbers([...unlike, 'mean'])], separations),
    '',
    formatTable([{ title: 'Found by either' }, ...numbers(kinds)], found),
  ].join('\n');
}

function mean(all: readonly number[]): number {
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}

async function collect(inference: InferenceNetwork, tap: string, batches: AsyncIterable<Images>) {
  const { classes, inputSize } = inference.network;
  const outputs = { logits: [] as Float32Array[], embeddings: [] as Float32Array[], labels: [] as number[] };
  for await (const { images, size, labels } of batches) {
    const { logits, taps } = inference.forward(tf.tensor4d(images, [size, ...inputSize, 3]), [tap]);
    const embedding = taps.get(tap)!; // It was asked for.
    const values = [await logits.data<'float32'>(), await embedding.data<'float32'>()] as const;
    outputs.logits.push(...splitRows(values[0], classes));
    outputs.embeddings.push(...splitRows(values[1], values[1].length / size));
    outputs.labels.push(...(labels ?? []));
    tf.dispose([logits, embedding]);
  }
  return outputs;
}

function splitRows(values: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: values.length / length }, (_, row) => values.slice(row * length, (row + 1) * length));
}

/** Images of no class of a run. */
async function listUnlike({ recipe, data }: FinishedRun): Promise<Kinds> {
  const size = recipe.data.inputSize;
  const one = (pixels: Uint8Array): Images => ({ images: normalizePixels(pixels), size: 1 });
  const kinds: Kinds = {};
  for (const path of values.unlike) {
    const { name } = await openDataset(path, { signal });
    kinds[name] = () => readDataset(path, size, () => true);
  }
  const folder = join(drawn, String(size));
  await drawDataset(folder, { classes: DRAWN_CLASSES, trainPerClass: 1, testPerClass: 20, size, seed: 9 });
  const isNew = (name: string) => !data.classes.includes(name);
  kinds['drawn pictures'] = () => readDataset(folder, size, isNew);
  kinds.noise = async function* () {
    const random = new Random(3);
    for (let i = 0; i < Math.min(100, limit); i++)
      yield one(Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random.uniform(0, 256))));
  };
  kinds['one colour'] = async function* () {
    const random = new Random(4);
    for (let i = 0; i < Math.min(50, limit); i++) {
      const color = [0, 1, 2].map(() => Math.floor(random.uniform(0, 256)));
      yield one(Uint8Array.from({ length: size * size * 3 }, (_, at) => color[at % 3]!));
    }
  };
  return kinds;
}

/** Some test images of a dataset, of chosen classes. */
async function* readDataset(path: string, size: number, wanted: (name: string) => boolean): AsyncGenerator<Images> {
  const dataset = await openDataset(path, { signal });
  const files = new ImageFiles(dataset);
  try {
    const indices = [...dataset.images.keys()].filter((index) => {
      const { split, label } = dataset.images[index]!;
      return split !== 'train' && wanted(dataset.classes[label]!);
    });
    for (const index of spread(Int32Array.from(indices), limit))
      yield { images: normalizePixels(await files.read(index, (bytes) => decodePixels(bytes, size))), size: 1 };
  } finally {
    files.close();
    await dataset.close();
  }
}
