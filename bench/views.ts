/**
 * What repeated augmentations cost and gain: trains the same students with `distill.views` off, 1, 2 and 4, with equal epochs and
 * seeds, on pictures that Decant draws. Prints top-1 on the test pictures, and how long distillation takes while the
 * teacher's answers are being cached (the first seed) and once they are (the other seeds).
 *
 *     node bench/views.ts [--views off,1,2,4] [--seeds 3] [--epochs 16] [--classes 10] [--train 160] [--test 200] [--size 32]
 *                         [--width 0.5] [--set '{}'] [--threads 1] [--teacher-epochs 12] [--out DIR] [--json]
 *
 * `--train` and `--test` are pictures a class. One teacher serves all; what the student learns from it is the recipe's default,
 * or of the recipe in `--set`. Everything is kept in `--out`, so that a comparison that was stopped goes on where it was: the
 * same command again. A run that was stopped begins anew, and may find answers of its first attempt.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { drawDataset } from '../electron/engine/data/index.ts';
import { compress } from '../electron/engine/index.ts';
import type { PartialRecipe } from '../shared/run/recipe.ts';
import { recipeSchema } from '../shared/run/recipe.ts';
import type { Report } from '../shared/run/report.ts';
import { findLine, LINES } from '../shared/run/stages.ts';
import { formatDuration, formatPoints, formatShare } from '../shared/text/format.ts';
import { formatTable } from '../shared/text/table.ts';
import { type Comparison, readComparison, type Spread, spreadOf, summarize, writeComparison } from './comparison.ts';

const { values } = parseArgs({
  options: {
    views: { type: 'string', default: 'off,1,2,4' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '16' },
    classes: { type: 'string', default: '10' },
    train: { type: 'string', default: '160' },
    test: { type: 'string', default: '200' },
    size: { type: 'string', default: '32' },
    width: { type: 'string', default: '0.5' },
    set: { type: 'string', default: '{}' },
    threads: { type: 'string', default: '1' },
    'teacher-epochs': { type: 'string', default: '12' },
    out: { type: 'string', default: 'out/views' },
    json: { type: 'boolean', default: false },
  },
});
const REFERENCE = 'off';
const names = values.views.split(',');
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const folder = resolve(values.out);
const dataset = join(folder, 'drawn');
const resultsPath = join(folder, 'results.json');
const teacherPath = join(folder, 'teacher.safetensors');
const protocol = {
  images: { classes: Number(values.classes), train: Number(values.train), test: Number(values.test) },
  size: Number(values.size),
  width: Number(values.width),
  epochs: Number(values.epochs),
  teacherEpochs: Number(values['teacher-epochs']),
  threads: Number(values.threads),
  recipe: JSON.parse(values.set) as PartialRecipe,
};
let comparison: Comparison<typeof protocol> = await readComparison(resultsPath, protocol);

if (!existsSync(dataset)) await draw();
if (!existsSync(teacherPath)) await trainTeacher();
// Seed by seed, so that a machine that grows slower or faster does so for all.
for (const seed of seeds)
  for (const views of names) {
    if (comparison.rows.some((row) => row.method === views && row.seed === seed)) continue;
    // A home for each setting: the answers for two views are also those for the first two of four.
    const report = await run(studentRecipe(views, seed), { home: `views-${views}`, out: null });
    const taught = report.timing.stages.filter(({ stage }) => {
      const line = findLine(stage);
      return line !== null && LINES[line].taught;
    });
    const row = {
      method: views,
      seed,
      top1: report.student.top1!, // Always trained.
      macs: 1,
      elapsedMs: Math.round(taught.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0)),
    };
    comparison = { ...comparison, teacherTop1: report.teacher.top1, rows: [...comparison.rows, row] };
    await writeComparison(resultsPath, comparison);
    tell(`views ${views}, seed ${seed}: ${formatShare(row.top1)} top-1, ${formatDuration(row.elapsedMs)}`);
  }
print();

async function draw(): Promise<void> {
  const unfinished = `${dataset}.part`;
  await rm(unfinished, { recursive: true, force: true });
  const { classes, train: trainPerClass, test: testPerClass } = protocol.images;
  await drawDataset(unfinished, { classes, trainPerClass, testPerClass, size: protocol.size, seed: 1 });
  await rename(unfinished, dataset);
}

async function trainTeacher(): Promise<void> {
  tell(`The teacher, ${protocol.teacherEpochs} epochs`);
  const out = join(folder, 'teacher');
  await rm(out, { recursive: true, force: true });
  const base = baseRecipe();
  const train = { ...base.train, teacherEpochs: protocol.teacherEpochs, warmUpEpochs: 1 };
  await run({ ...base, train }, { home: 'teacher', out });
  await rename(join(out, 'teacher', 'weights.safetensors'), teacherPath);
}

function baseRecipe(): PartialRecipe {
  const { recipe, size, width, epochs } = protocol;
  return {
    ...recipe,
    data: { inputSize: size, ...recipe.data },
    student: { width, ...recipe.student },
    train: { warmUpEpochs: epochs, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false, ...recipe.train },
    prune: { macs: null },
    measure: { latencyRuns: 10, ckaImages: 8 },
    export: { formats: [] },
  };
}

function studentRecipe(views: string, seed: number): PartialRecipe {
  const base = baseRecipe();
  return {
    ...base,
    seed,
    teacher: { ...base.teacher, weights: teacherPath },
    train: { ...base.train, teacherEpochs: 0 },
    distill: { ...base.distill, views: views === REFERENCE ? null : Number(views) },
  };
}

function run(recipe: PartialRecipe, { home, out }: { home: string; out: string | null }): Promise<Report> {
  return compress({
    home: join(folder, 'homes', home),
    dataset,
    recipe: recipeSchema.parse(recipe),
    resume: null,
    out,
    backend: 'simd',
    threads: protocol.threads,
    listener: (event) => {
      if (event.type === 'warning.raised' || event.type === 'note.added') tell(`  ${event.message}`);
    },
    signal: new AbortController().signal,
  });
}

function print(): void {
  const [first, ...others] = seeds;
  const meanMs = (views: string, of: readonly (number | undefined)[]) => {
    const found = comparison.rows.filter(({ method, seed }) => method === views && of.includes(seed));
    return found.length > 0 ? spreadOf(found.map(({ elapsedMs }) => elapsedMs)).mean : null;
  };
  const summary = summarize(comparison.rows, names, REFERENCE).map(({ method, top1, lead }) => ({
    views: method,
    top1,
    cost: lead,
    coldMs: meanMs(method, [first]),
    warmMs: meanMs(method, others),
  }));
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...comparison, summary })}\n`);
    return;
  }
  const spread = ({ mean, deviation }: Spread, format: (value: number) => string) =>
    deviation === null ? format(mean) : `${format(mean)} ± ${(100 * deviation).toFixed(1)}`;
  const time = (ms: number | null) => (ms === null ? '' : formatDuration(ms));
  const table = formatTable(
    [
      { title: 'Views' },
      { title: 'Top-1', align: 'right' },
      { title: 'Cost', align: 'right' },
      { title: 'First seed', align: 'right' },
      { title: 'Other seeds', align: 'right' },
    ],
    summary.map(({ views, top1, cost, coldMs, warmMs }) => [
      views,
      spread(top1, formatShare),
      cost === null ? '' : spread(cost, formatPoints),
      time(coldMs),
      time(warmMs),
    ]),
  );
  process.stdout.write(
    `${table}\nTeacher ${formatShare(comparison.teacherTop1)} top-1. Means and standard deviations of ${seeds.length} seeds; the cost is taken seed by seed. Times are those of distillation.\n`,
  );
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
