/**
 * Compares ways of pruning at equal budget and epochs, several seeds each, on a subset of a dataset:
 *
 *     node bench/baselines.ts ../shared/data/cifar10.zip [--train 400] [--test 200] [--epochs 8] [--seeds 3] [--json]
 *
 * `--train` and `--test` are images a class. One teacher a seed is trained and shared by all methods. Accuracy is of the
 * subset's test images, which no choice was made on. Prints a table, and with `--json` one JSON object instead.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../electron/engine/core/random.ts';
import { ByteReader } from '../electron/engine/data/byte-location.ts';
import { openDataset } from '../electron/engine/data/index.ts';
import { compress } from '../electron/engine/index.ts';
import { type PartialRecipe, recipeSchema } from '../shared/run/recipe.ts';
import type { Report } from '../shared/run/report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: 'string', default: '400' },
    test: { type: 'string', default: '200' },
    epochs: { type: 'string', default: '8' },
    'teacher-epochs': { type: 'string', default: '16' },
    seeds: { type: 'string', default: '3' },
    macs: { type: 'string', default: '0.6' },
    size: { type: 'string', default: '32' },
    'stem-stride': { type: 'string', default: '2' },
    methods: { type: 'string' },
    set: { type: 'string', default: '{}' },
    json: { type: 'boolean', default: false },
  },
});
const [source] = positionals;
if (source === undefined) throw new Error('Name a dataset: node bench/baselines.ts <dataset>');

const epochs = Number(values.epochs);
const warmUpEpochs = Math.max(1, Math.round(epochs / 4));
const pruneEpochs = Math.max(1, Math.round(epochs / 4));
const labelsAlone = { crossEntropy: 1, logits: 0, features: 0, attention: 0 };

/** What each method changes of the recipe; budget, epochs, optimizer and images are the same for all. */
const METHODS: Record<string, { title: string; recipe: PartialRecipe }> = {
  ours: { title: 'joint: Taylor of the distillation loss per cost, global', recipe: {} },
  uniform: { title: 'uniform widths, L1, distilled', recipe: { prune: { selection: 'uniform', importance: 'l1' } } },
  random: { title: 'random channels, distilled', recipe: { prune: { selection: 'global', importance: 'random' } } },
  l1: {
    title: 'L1 at once, then fine-tuned without a teacher',
    recipe: {
      prune: { selection: 'global', importance: 'l1', steps: 1 },
      train: { pruneEpochs: 0, fineTuneEpochs: epochs - warmUpEpochs },
      distill: labelsAlone,
    },
  },
};

const folder = await mkdtemp(join(tmpdir(), 'decant-baselines-'));
process.once('exit', () => void rm(folder, { recursive: true, force: true }));
const never = new AbortController().signal;
const home = join(folder, 'home');
const base: PartialRecipe = recipeSchema.parse({
  data: { inputSize: Number(values.size), validation: 0.1 },
  teacher: { architecture: 'mobilenet-v3-large', stemStride: Number(values['stem-stride']) },
  student: { architecture: 'mobilenet-v2', stemStride: Number(values['stem-stride']) },
  train: { batch: 64, warmUpEpochs, pruneEpochs, fineTuneEpochs: epochs - warmUpEpochs - pruneEpochs, baseline: false },
  prune: { macs: Number(values.macs) },
  measure: { latencyRuns: 10, ckaImages: 8 },
});

try {
  const subset = await copySubset(source);
  const rows: Row[] = [];
  const names = values.methods?.split(',') ?? Object.keys(METHODS);
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const teacher = await trainTeacher(subset, seed);
    for (const name of names) {
      const report = await train(subset, merge(METHODS[name]!.recipe, teacher, JSON.parse(values.set), { seed }));
      rows.push({
        method: name,
        seed,
        top1: report.student.top1!,
        teacherTop1: report.teacher.top1!,
        macs: report.student.macs / report.baseline.macs,
      });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
  }
  print(rows, names);
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Row {
  method: string;
  seed: number;
  top1: number;
  teacherTop1: number;
  /** Share of the unpruned student's MACs. */
  macs: number;
}

/** The same images of every class for all seeds, chosen once. */
async function copySubset(path: string): Promise<string> {
  const dataset = await openDataset(path);
  const reader = new ByteReader(dataset.kind === 'zip' ? dataset.path : null);
  const target = join(folder, 'subset');
  for (const [split, wanted] of [
    ['train', Number(values.train)],
    ['test', Number(values.test)],
  ] as const) {
    for (const [label, name] of dataset.classes.entries()) {
      const own = dataset.images.filter((image) => image.split === split && image.label === label);
      const chosen = new Random('baselines').fork(split, name).shuffle(own).slice(0, wanted);
      await mkdir(join(target, split, name), { recursive: true });
      for (const image of chosen)
        await writeFile(join(target, split, name, image.path.split('/').at(-1)!), reader.read(image.location));
    }
  }
  reader.close();
  await dataset.close();
  return target;
}

/** Trains the seed's teacher once; the methods import it. */
async function trainTeacher(dataset: string, seed: number): Promise<PartialRecipe> {
  const out = join(folder, `teacher-${seed}`);
  await train(
    dataset,
    merge({
      seed,
      student: { architecture: 'mobilenet-v2', width: 0.1, stemStride: 2 },
      train: { teacherEpochs: Number(values['teacher-epochs']), warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0 },
      prune: { macs: null },
    }),
    out,
  );
  const weights = join(out, 'teacher', 'weights.safetensors');
  return { teacher: { architecture: 'mobilenet-v3-large', weights }, train: { teacherEpochs: 0 } };
}

function train(dataset: string, recipe: PartialRecipe, out: string | null = null): Promise<Report> {
  return compress({
    home,
    dataset,
    recipe: recipeSchema.parse(recipe),
    resume: null,
    out,
    backend: 'auto',
    threads: null,
    listener: () => undefined,
    signal: never,
  });
}

/** The base recipe with parts replaced, section by section. */
function merge(...parts: readonly PartialRecipe[]): PartialRecipe {
  const merged: Record<string, unknown> = { ...base };
  for (const part of parts)
    for (const [key, value] of Object.entries(part))
      merged[key] = typeof value === 'object' ? { ...(merged[key] as object), ...value } : value; // Sections are objects.
  return merged;
}

function print(rows: readonly Row[], names: readonly string[]): void {
  const summary = names.map((name) => {
    const own = rows.filter(({ method }) => method === name);
    const mean = average(own.map(({ top1 }) => top1));
    const deviation = Math.sqrt(
      average(own.map(({ top1 }) => (top1 - mean) ** 2)) * (own.length / Math.max(1, own.length - 1)),
    );
    return {
      method: name,
      title: METHODS[name]!.title,
      top1: mean,
      deviation,
      macs: average(own.map(({ macs }) => macs)),
    };
  });
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ options: values, rows, summary })}\n`);
    return;
  }
  const percent = (share: number) => `${(100 * share).toFixed(1).padStart(5)} %`;
  process.stdout.write(`teacher ${percent(average(rows.map(({ teacherTop1 }) => teacherTop1)))} top-1 (mean)\n`);
  for (const { title, top1, deviation, macs } of summary)
    process.stdout.write(
      `${title.padEnd(52)} ${percent(top1)} ± ${(100 * deviation).toFixed(1)}  at ${percent(macs)} MACs\n`,
    );
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
