/**
 * Runs an experiment, a comparison of recipes over several seeds, and writes its results into docs/results.md:
 *
 *     npm run experiment -- NAME [--data DIR] [--out DIR] [--arms a,b] [--seeds N] [--jobs N] [--short]
 *
 * NAME is one of those in `experiments/index.ts`. `--data` is the folder of its archives (default: ../shared/data). Each finished run is
 * kept in docs/results/, and is not computed again; `--out` is the folder of what is not finished, and of teachers: stopped with
 * Ctrl-C, an experiment goes on where it was, within a run as well. `--arms` and `--seeds` compute a part. `--jobs` makes so
 * many runs side by side, which share the cores. `--short` goes every step on a few drawn images within minutes, and writes
 * nothing into docs/.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { PartialRecipe } from '../shared/run/recipe.ts';
import { formatDuration, formatPlural, formatShare } from '../shared/text/format.ts';
import { type Arm, type Experiment, merge } from './experiments/experiment.ts';
import { provideImages } from './experiments/images.ts';
import { EXPERIMENTS } from './experiments/index.ts';
import { type Cell, type Ledger, readLedger, writeLedger } from './experiments/ledger.ts';
import { locateWeights } from './experiments/locate-weights.ts';
import { renderResults } from './experiments/results-doc.ts';
import { listWanted, type Wanted } from './experiments/rounds.ts';
import { drawShort, shorten } from './experiments/shorten.ts';
import { openSlot, type Slot } from './experiments/slot.ts';
import { provideTeacher, type SharedTeacher } from './experiments/teacher.ts';
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
    jobs: { type: 'string' },
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
const seeds = readCount('seeds', experiment.seeds);
const dataset = values.short
  ? await drawShort(out)
  : await provideImages(experiment.images, { data: values.data, out });
let ledger: Ledger = await readLedger(kept, {
  images: experiment.images,
  arms: Object.fromEntries(
    experiment.arms.map((arm) => [arm.name, { teacher: teacherOf(arm), student: recipeOf(arm) }]),
  ),
});
const cores = availableParallelism();
const jobs = Math.min(cores, readCount('jobs', 1));
/** Runs that a slot has taken. */
const taken = new Set<string>();
// Before the slots, so that no two of them train the same one, and with all cores.
for (const { arm } of listMissing()) await provideTeacherOf(arm);
let keeping = Promise.resolve();
const slots = Array.from({ length: jobs }, (_, i) =>
  openSlot({
    folder: join(folder, 'slots', String(i + 1)),
    threads: jobs === 1 ? null : Math.floor(cores / jobs),
    signal: stop.signal,
    tell: (line) => tell(jobs === 1 ? line : `${i + 1}:${line}`),
  }),
);
const begun = await Promise.all(slots.map((slot) => slot.begun()));
await Promise.all(slots.map((slot, i) => work(slot, begun[i]!)));
await rm(home, { recursive: true, force: true });
await rm(join(folder, 'slots'), { recursive: true, force: true });
if (!values.short) await writeResults(ROOT);
process.stdout.write(`${renderResults(name, experiment, ledger.cells)}\n`);

/** The one that all seeds of an arm learn from; null: each run trains its own. */
function provideTeacherOf(arm: Arm): Promise<SharedTeacher> | null {
  const recipe = teacherOf(arm);
  if (!recipe) return null;
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

/** What is left to compute: all seeds of the arms that were named, or else what the experiment wants by now. */
function listMissing(): (Wanted & { readonly key: string })[] {
  const chosen = { ...experiment, arms, seeds, ...(wanted && { finalists: arms.length }) };
  return listWanted(chosen, ledger.cells)
    .map(({ arm, seed }) => ({ arm, seed, key: `${arm.name} ${seed}` }))
    .filter(({ arm, seed }) => !ledger.cells.some((cell) => cell.arm === arm.name && cell.seed === seed))
    .filter(({ key }) => !taken.has(key));
}

/** Computes what is missing, one run after the other, until none is left; first what the slot had begun. */
async function work(slot: Slot, own: string | null): Promise<void> {
  for (;;) {
    stop.signal.throwIfAborted();
    const missing = listMissing();
    const mine = missing.find(({ key }) => key === own) ?? missing.find(({ key }) => !begun.includes(key));
    if (!mine) return;
    tell(`${mine.arm.title}, seed ${mine.seed} (${missing.length} missing)`);
    taken.add(mine.key);
    const cell = await computeCell(slot, mine);
    ledger = { ...ledger, cells: [...ledger.cells, cell] };
    keeping = keeping.then(keep);
    await keeping;
    tell(`${mine.key}: ${formatShare(cell.figures.top1 ?? null)} in ${formatDuration(cell.elapsedMs)}`);
  }
}

async function keep(): Promise<void> {
  await writeLedger(kept, ledger);
  if (!values.short) await writeResults(ROOT);
}

async function computeCell(slot: Slot, { arm, seed, key }: Wanted & { readonly key: string }): Promise<Cell> {
  const teacher = await provideTeacherOf(arm);
  const learnt = teacher && {
    teacher: { ...teacherOf(arm)?.teacher, weights: teacher.weights },
    train: { teacherEpochs: 0 },
  };
  const report = await slot.train({
    key,
    dataset,
    recipe: merge(locateWeights(recipeOf(arm), values.data), learnt ?? {}, { seed }),
  });
  return {
    arm: arm.name,
    seed,
    figures: Object.fromEntries(Object.entries(experiment.figures).map(([key, figure]) => [key, figure.read(report)])),
    teacherTop1: report.teacher.top1,
    elapsedMs: report.timing.totalMs,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
    machine: `${cpus()[0]?.model.trim() ?? 'an unknown processor'}, ${formatPlural(report.backend.threads, 'thread')}`,
  };
}

/** @throws Error with a sentence where it is no whole number from 1 */
function readCount(option: 'seeds' | 'jobs', usual: number): number {
  const count = Number(values[option] ?? usual);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--${option} is "${values[option]}"; allowed: a whole number from 1.`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
