/**
 * Compares ways of pruning at equal budget and epochs, several seeds each, on a subset of a dataset:
 *
 *     node bench/baselines.ts ../shared/data/cifar10.zip [--teacher FILE] [--out DIR] [--json]
 *
 * One teacher serves all methods and seeds: the weights in `--teacher`, or one trained first on all training images. The
 * students see `--train` images a class for `--epochs` epochs; accuracy is of `--test` test images a class, which no choice
 * was made on. All else is the recipe's defaults. Prints a table, and with `--json` one JSON object instead.
 *
 * Everything is kept in `--out`, so that a comparison that was stopped goes on where it was: the same command again.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../electron/engine/core/random.ts';
import { ByteReader } from '../electron/engine/data/byte-location.ts';
import { openDataset } from '../electron/engine/data/index.ts';
import { compress } from '../electron/engine/index.ts';
import { countNetwork } from '../electron/engine/model/index.ts';
import { describeModel } from '../electron/engine/run/context/models.ts';
import type { RunEvent } from '../shared/run/events.ts';
import { learnFromLabels, learnsFromTeacher } from '../shared/run/methods.ts';
import { type PartialRecipe, type Recipe, recipeSchema } from '../shared/run/recipe.ts';
import type { Report } from '../shared/run/report.ts';
import { findLine, networkOf } from '../shared/run/stages.ts';
import { formatDuration, formatPoints, formatShare } from '../shared/text/format.ts';
import { formatTable } from '../shared/text/table.ts';
import { type Comparison, readComparison, type Spread, summarize, writeComparison } from './comparison.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: 'string', default: '1000' },
    test: { type: 'string', default: '500' },
    epochs: { type: 'string', default: '6' },
    seeds: { type: 'string', default: '3' },
    macs: { type: 'string', default: '0.5' },
    width: { type: 'string', default: '0.5' },
    size: { type: 'string', default: '32' },
    teacher: { type: 'string' },
    'teacher-epochs': { type: 'string', default: '3' },
    methods: { type: 'string' },
    set: { type: 'string', default: '{}' },
    out: { type: 'string', default: 'out/baselines' },
    json: { type: 'boolean', default: false },
  },
});
const [source] = positionals;
if (source === undefined) throw new Error('Name a dataset: node bench/baselines.ts <dataset>');

const epochs = Number(values.epochs);
const warmUpEpochs = Math.max(1, Math.round(epochs / 3));
const pruneEpochs = Math.max(1, Math.round(epochs / 3));
const labelsAlone = learnFromLabels(recipeSchema.parse({}).distill);
const REFERENCE = 'ours';

/** What each method changes of the recipe; budget, epochs, optimizer and images are the same for all. */
const METHODS: Record<string, { title: string; recipe: PartialRecipe }> = {
  [REFERENCE]: { title: 'joint: Taylor of the distillation loss per cost, global', recipe: {} },
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

const names = values.methods?.split(',') ?? Object.keys(METHODS);
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const folder = resolve(values.out);
const home = join(folder, 'home');
const resultsPath = join(folder, 'results.json');
const teacherPath = values.teacher === undefined ? join(folder, 'teacher.safetensors') : resolve(values.teacher);
const base: PartialRecipe = {
  data: { inputSize: Number(values.size) },
  student: { width: Number(values.width) },
  train: { warmUpEpochs, pruneEpochs, fineTuneEpochs: epochs - warmUpEpochs - pruneEpochs, baseline: false },
  prune: { macs: Number(values.macs) },
  measure: { latencyRuns: 10, ckaImages: 8 },
  export: { formats: [] },
};
const protocol = {
  dataset: resolve(source),
  train: Number(values.train),
  test: Number(values.test),
  teacher: values.teacher === undefined ? `${values['teacher-epochs']} epochs` : teacherPath,
  recipe: merge(base, JSON.parse(values.set)),
};
let comparison: Comparison<typeof protocol> = await readComparison(resultsPath, protocol);
/** Multiply-accumulates a millisecond of training, as last seen. */
let pace: number | null = null;

const subset = await copySubset(protocol.dataset);
const classes = subset.classes;
if (!existsSync(teacherPath)) await trainTeacher();
for (const seed of seeds)
  for (const method of names) {
    if (comparison.rows.some((row) => row.method === method && row.seed === seed)) continue;
    tell(`${METHODS[method]!.title}, seed ${seed}`);
    const startedAt = performance.now();
    const report = await train(subset.path, studentRecipe(method, seed), null);
    const row = {
      method,
      seed,
      top1: report.student.top1!, // Always trained.
      macs: report.student.macs / report.baseline.macs,
      elapsedMs: Math.round(performance.now() - startedAt),
    };
    comparison = { ...comparison, teacherTop1: report.teacher.top1, rows: [...comparison.rows, row] };
    await writeComparison(resultsPath, comparison);
    tell(`  ${formatShare(row.top1)} top-1 in ${formatDuration(row.elapsedMs)}; ${describeRemaining()}`);
  }
await rm(home, { recursive: true, force: true });
print();

/** The same images of every class for all methods and seeds, chosen once. */
async function copySubset(path: string): Promise<{ path: string; classes: number }> {
  const dataset = await openDataset(path);
  const target = join(folder, 'subset');
  if (!existsSync(target)) {
    const unfinished = `${target}.part`;
    await rm(unfinished, { recursive: true, force: true });
    const reader = new ByteReader(dataset.kind === 'zip' ? dataset.path : null);
    for (const split of ['train', 'test'] as const)
      for (const [label, name] of dataset.classes.entries()) {
        const own = dataset.images.filter((image) => image.split === split && image.label === label);
        const chosen = new Random('baselines').fork(split, name).shuffle(own).slice(0, protocol[split]);
        await mkdir(join(unfinished, split, name), { recursive: true });
        for (const image of chosen)
          await writeFile(join(unfinished, split, name, image.path.split('/').at(-1)!), reader.read(image.location));
      }
    reader.close();
    await rename(unfinished, target);
  }
  await dataset.close();
  return { path: target, classes: dataset.classes.length };
}

/** Trains the one teacher, on all training images, as `recipes/cifar10.json` does. */
async function trainTeacher(): Promise<void> {
  if (values.teacher !== undefined) throw new Error(`There is no file ${teacherPath}; name the teacher's weights.`);
  tell(`The teacher, ${protocol.teacher} on all training images`);
  const out = join(folder, 'teacher');
  await rm(out, { recursive: true, force: true });
  // A student that is hardly one: it is not looked at.
  const student = { student: { width: 0.1 }, train: { warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0 } };
  const own = { data: { validation: 0.02 }, train: { teacherEpochs: Number(values['teacher-epochs']), batch: 128 } };
  const recipe = merge(protocol.recipe, student, own, { prune: { macs: null }, distill: labelsAlone });
  await train(protocol.dataset, recipe, out);
  await rename(join(out, 'teacher', 'weights.safetensors'), teacherPath);
}

function studentRecipe(method: string, seed: number): PartialRecipe {
  const teacher = { teacher: { weights: teacherPath }, train: { teacherEpochs: 0 } };
  return merge(protocol.recipe, METHODS[method]!.recipe, teacher, { seed });
}

function train(dataset: string, partial: PartialRecipe, out: string | null): Promise<Report> {
  const recipe = recipeSchema.parse(partial);
  let told = false;
  const listener = (event: RunEvent) => {
    if (event.type === 'warning.raised') tell(`  ${event.message}`);
    if (event.type !== 'epoch.finished' || event.metrics.imagesPerSecond === 0) return;
    const line = networkOf(findLine(event.metrics.stage)!); // Only stages that train have epochs.
    pace = (event.metrics.imagesPerSecond * costOfImage(recipe, line, event.metrics.macs)) / 1000;
    if (!told) tell(`  ${describeRemaining()}`);
    told = true;
  };
  const signal = new AbortController().signal;
  return compress({ home, dataset, recipe, resume: null, out, backend: 'auto', threads: null, listener, signal });
}

/** Multiply-accumulates to train on one image: forward once, backward twice, and the teacher's forward pass. */
function costOfImage(recipe: Recipe, line: 'teacher' | 'student', macs: number): number {
  const distilled = line === 'student' && learnsFromTeacher(recipe.distill);
  return 3 * macs + (distilled ? countNetwork(describeModel(recipe, 'teacher', classes)).macs : 0);
}

/** What is left to do, from what has been seen of this machine's pace. */
function describeRemaining(): string {
  const missing = seeds.flatMap((seed) =>
    names
      .filter((method) => !comparison.rows.some((row) => row.method === method && row.seed === seed))
      .map((method) => recipeSchema.parse(studentRecipe(method, seed))),
  );
  const macs = missing.map((recipe) => {
    const full = countNetwork(describeModel(recipe, 'student', classes)).macs;
    const images = protocol.train * classes * epochs;
    return images * costOfImage(recipe, 'student', (full * (1 + Number(values.macs))) / 2);
  });
  const remainingMs = pace === null ? 0 : macs.reduce((sum, value) => sum + value, 0) / pace;
  return `about ${formatDuration(remainingMs)} for the ${missing.length} trainings of students that are missing`;
}

/** Recipes laid over each other, section by section. */
function merge(...parts: readonly PartialRecipe[]): PartialRecipe {
  const merged: Record<string, unknown> = {};
  for (const part of parts)
    for (const [key, value] of Object.entries(part))
      merged[key] = typeof value === 'object' ? { ...(merged[key] as object), ...value } : value; // Sections are objects.
  return merged;
}

function print(): void {
  const summary = summarize(comparison.rows, names, REFERENCE);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...comparison, summary })}\n`);
    return;
  }
  const withDeviation = ({ mean, deviation }: Spread, format: (value: number) => string) =>
    deviation === null ? format(mean) : `${format(mean)} ± ${(100 * deviation).toFixed(1)}`;
  const table = formatTable(
    [
      { title: 'Method' },
      { title: 'Top-1', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'Ours ahead by', align: 'right' },
    ],
    summary.map(({ method, top1, macs, lead }) => [
      METHODS[method]!.title,
      withDeviation(top1, formatShare),
      formatShare(macs),
      lead === null ? '' : withDeviation(lead, formatPoints),
    ]),
  );
  process.stdout.write(
    `${table}\nTeacher ${formatShare(comparison.teacherTop1)} top-1. Means and standard deviations of ${seeds.length} seeds; the lead is taken seed by seed.\n`,
  );
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
