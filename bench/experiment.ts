/**
 * Runs an experiment, a comparison of recipes over several seeds, and writes its results into docs/results.md:
 *
 *     npm run experiment -- NAME [--data DIR] [--out DIR] [--arms a,b] [--seeds N] [--short]
 *
 * NAME is one of those in `experiments/index.ts`. `--data` is the folder of its archives (default: ../shared/data). Each finished run is
 * kept in docs/results/, and is not computed again; `--out` is the folder of what is not finished, and of teachers: stopped with
 * Ctrl-C, an experiment goes on where it was, within a run as well. `--arms` and `--seeds` compute a part. `--short` goes every step on a few drawn images within minutes, and writes nothing into docs/.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { PartialRecipe } from '../shared/run/recipe.ts';
import { formatDuration, formatShare } from '../shared/text/format.ts';
import { type Arm, type Experiment, merge } from './experiments/experiment.ts';
import { provideImages } from './experiments/images.ts';
import { EXPERIMENTS } from './experiments/index.ts';
import { type Cell, type Ledger, readLedger, writeLedger } from './experiments/ledger.ts';
import { locateWeights } from './experiments/locate-weights.ts';
import { renderResults } from './experiments/results-doc.ts';
import { drawShort, shorten } from './experiments/shorten.ts';
import { provideTeacher, type SharedTeacher } from './experiments/teacher.ts';
import { trainRun } from './experiments/train-run.ts';
import { resultsFile, writeResults } from './experiments/write-results.ts';

// One sentence, not where it was thrown.
process.on('uncaughtException', ({ message }) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
});

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: join(ROOT, '../shared/data') },
    out: { type: 'string', default: join(ROOT, 'out/experiments') },
    arms: { type: 'string' },
    seeds: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
});
const name = Object.keys(EXPERIMENTS).find((each) => each === positionals[0]) as keyof typeof EXPERIMENTS | undefined; // A key of it.
if (name === undefined) throw new Error(`Name an experiment: ${Object.keys(EXPERIMENTS).join(', ')}.`);
const whole: Experiment = EXPERIMENTS[name];
const experiment = values.short ? shorten(whole) : whole;
const out = resolve(values.out, values.short ? 'short' : '.');
const folder = join(out, name);
const home = join(out, 'home');
const kept = values.short ? join(folder, 'cells.json') : resultsFile(ROOT, name);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('Stopped; the same command goes on here.')));
process.once('SIGTERM', () => stop.abort(new Error('Stopped; the same command goes on here.')));

await mkdir(folder, { recursive: true });
const wanted = values.arms?.split(',');
const arms = experiment.arms.filter((arm) => wanted?.includes(arm.name) ?? true);
const seeds = Array.from({ length: Number(values.seeds ?? experiment.seeds) }, (_, i) => i + 1);
const dataset = values.short
  ? await drawShort(out)
  : await provideImages(experiment.images, { data: values.data, out });
let ledger: Ledger = await readLedger(kept, {
  images: experiment.images,
  arms: Object.fromEntries(
    experiment.arms.map((arm) => [arm.name, { teacher: teacherOf(arm), student: recipeOf(arm) }]),
  ),
});
for (const seed of seeds)
  for (const arm of arms) {
    if (ledger.cells.some((cell) => cell.arm === arm.name && cell.seed === seed)) continue;
    tell(`${arm.title}, seed ${seed} (${countMissing()} missing)`);
    const cell = await computeCell(arm, seed);
    ledger = { ...ledger, cells: [...ledger.cells, cell] };
    await writeLedger(kept, ledger);
    if (!values.short) await writeResults(ROOT);
    tell(`  ${formatShare(cell.figures.top1 ?? null)} in ${formatDuration(cell.elapsedMs)}`);
  }
await rm(home, { recursive: true, force: true });
if (!values.short) await writeResults(ROOT);
process.stdout.write(`${renderResults(name, experiment, ledger.cells)}\n`);

function provideSharedTeacher(recipe: PartialRecipe): Promise<SharedTeacher> {
  // It learns from all images, of which the students may see a part.
  const all = { ...experiment.images, trainPerClass: null, testPerClass: null };
  const images = values.short ? Promise.resolve(dataset) : provideImages(all, { data: values.data, out });
  const located = locateWeights(recipe, values.data);
  return images.then((path) => provideTeacher(located, { out, home, dataset: path, signal: stop.signal, tell }));
}

function teacherOf({ teacher }: Arm): PartialRecipe | null {
  return experiment.teacher && merge(experiment.teacher, teacher ?? {});
}

function recipeOf(arm: Arm): PartialRecipe {
  return merge(experiment.recipe, arm.recipe);
}

async function computeCell(arm: Arm, seed: number): Promise<Cell> {
  const own = teacherOf(arm);
  const learnt = own
    ? { teacher: { ...own.teacher, weights: (await provideSharedTeacher(own)).weights }, train: { teacherEpochs: 0 } }
    : {};
  const report = await trainRun({
    folder,
    home,
    key: `${arm.name} ${seed}`,
    dataset,
    recipe: merge(locateWeights(recipeOf(arm), values.data), learnt, { seed }),
    signal: stop.signal,
    tell,
  });
  return {
    arm: arm.name,
    seed,
    figures: Object.fromEntries(Object.entries(experiment.figures).map(([key, figure]) => [key, figure.read(report)])),
    teacherTop1: report.teacher.top1,
    elapsedMs: report.timing.totalMs,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
    machine: `${cpus()[0]?.model.trim() ?? 'an unknown processor'}, ${report.backend.threads} threads`,
  };
}

function countMissing(): number {
  const done = new Set(ledger.cells.map(({ arm, seed }) => `${arm} ${seed}`));
  return seeds.flatMap((seed) => arms.filter((arm) => !done.has(`${arm.name} ${seed}`))).length;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
