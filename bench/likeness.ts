/**
 * How well the networks of finished runs tell images unlike those that they learned from, by several scores. Prints tables, or
 * JSON; docs/guide.md has some of them.
 *
 *     node bench/likeness.ts --home DIR --run ID [--run ID …] [--unlike DATASET …] [--images 240] [--json]
 *
 * Unlike images are those of the datasets, noise, images of one colour, and pictures of classes that the run does not have where it
 * learned drawn pictures; like ones are its test images. A figure is the chance that an unlike image scores higher than a like one
 * (AUROC), in the mean over the kinds. `--images`: of each kind, at most.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { startCompute, stopCompute } from '../electron/engine/compute/index.ts';
import { Random } from '../electron/engine/core/random.ts';
import { decodePixels, drawDataset, ImageFiles, normalizePixels, openDataset } from '../electron/engine/data/index.ts';
import { embeddingTap, InferenceNetwork } from '../electron/engine/model/index.ts';
import { evaluationBatches, spread } from '../electron/engine/run/context/batches.ts';
import type { Model } from '../electron/engine/run/context/models.ts';
import { type FinishedRun, withFinishedRun } from '../electron/engine/run/results/finished-run.ts';
import { formatTable } from '../shared/text/table.ts';
import { measureSeparation, type Outputs, SCORES } from './likeness/scores.ts';

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
const results: { run: string; network: string; score: string; separation: Record<string, number> }[] = [];
try {
  await startCompute({ backend: 'simd' });
  for (const run of runs)
    await withFinishedRun({ home, run, listener: () => undefined, signal }, async (finished) => {
      const kinds = await listUnlike(finished);
      for (const network of ['teacher', 'student'] as const) {
        const model = network === 'teacher' ? finished.teacher.model : finished.student;
        if (model) await measureNetwork(run, network, model, finished, kinds);
      }
    });
} finally {
  rmSync(drawn, { recursive: true, force: true });
  await stopCompute();
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
else
  for (const run of runs) {
    const own = results.filter((result) => result.run === run);
    const kinds = Object.keys(own[0]?.separation ?? {});
    process.stdout.write(
      `${run}\n${formatTable(
        [
          { title: 'Network' },
          { title: 'Score' },
          ...[...kinds, 'mean'].map((title) => ({ title, align: 'right' as const })),
        ],
        own.map(({ network, score, separation }) => {
          const all = Object.values(separation);
          const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
          return [network, score, ...[...all, mean].map((value) => value.toFixed(3))];
        }),
      )}\n\n`,
    );
  }

async function measureNetwork(
  run: string,
  network: 'teacher' | 'student',
  model: Model,
  { data }: FinishedRun,
  kinds: Kinds,
): Promise<void> {
  const tap = embeddingTap(model.network);
  const inference = new InferenceNetwork(model, [tap]);
  const ask = async (images: AsyncIterable<Images>) => collect(inference, tap, images);
  const read = (indices: Int32Array, most: number) =>
    ask(evaluationBatches({ random: new Random(1) }, data, spread(indices, most)));
  try {
    const { train, validation, test } = data.splits;
    const training = await read(train, MOST_LEARNED);
    const known = {
      training,
      labels: training.labels,
      validation: await read(validation, 1000),
      classes: data.classes.length,
    };
    const like = await read(test, 1000);
    const unlike: [string, Outputs][] = [];
    for (const [kind, images] of Object.entries(kinds)) unlike.push([kind, await ask(images())]);
    for (const [score, learn] of Object.entries(SCORES)) {
      const measure = learn(known);
      const own = measure(like);
      const separation = Object.fromEntries(
        unlike.map(([kind, outputs]) => [kind, measureSeparation(measure(outputs), own)]),
      );
      results.push({ run, network, score, separation });
    }
  } finally {
    inference.dispose();
  }
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
  const random = new Random(3);
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
    for (let i = 0; i < Math.min(100, limit); i++)
      yield one(Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random.uniform(0, 256))));
  };
  kinds['one colour'] = async function* () {
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
