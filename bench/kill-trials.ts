import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { drawDataset } from '../electron/engine/data/index.ts';
import { storePath } from '../electron/engine/store/index.ts';
import type { PartialRecipe } from '../shared/run/recipe.ts';
import type { Report } from '../shared/run/report.ts';
import { LINE_NAMES, LINES, type Line, mapLines } from '../shared/run/stages.ts';

const CLI = fileURLToPath(new URL('../electron/cli/index.ts', import.meta.url));

/** Everything that carries state from step to step is on, and cuts fall inside epochs, where segments end too. */
const RECIPE: PartialRecipe = {
  data: { inputSize: 32, validation: 0.2, augmentation: { mixup: 0.2, erasing: 0.3, colorJitter: 0.2 } },
  teacher: { width: 0.35, stemStride: 2 },
  student: { width: 0.35, stemStride: 2 },
  train: {
    batch: 8,
    teacherEpochs: 2,
    warmUpEpochs: 1,
    pruneEpochs: 2,
    fineTuneEpochs: 1,
    alone: true,
    optimizer: { learningRate: 0.1, ema: 0.9, clipNorm: 1 },
  },
  prune: { macs: 0.7, steps: 3, importance: 'taylor' },
  distill: { features: { weight: 0.5 }, attention: { weight: 0.1 } },
  measure: { latencyRuns: 10, ckaImages: 8 },
};

/** What must be the same whatever happened on the way: SHA-256 of the networks, epochs, cuts and accuracies. */
export type Outcome = Readonly<Record<Line | 'figures', string>>;

export interface KillTest {
  readonly folder: string;
  readonly dataset: string;
  readonly recipe: string;
  /** The undisturbed run's. */
  readonly outcome: Outcome;
  /** From the start of its process to the end, milliseconds. */
  readonly elapsedMs: number;
}

/** When to strike: a share of the time that the run takes, or what it says on stderr just then. */
export type Moment = number | string;

export interface KillTrial {
  /** Where the run was when it was cut off, by its last line on stderr. */
  readonly killed: { readonly atMs: number; readonly stage: string }[];
  /** Processes that it took. */
  readonly starts: number;
  /** Everything that is not as it should be; empty when all is well. */
  readonly problems: string[];
}

/** Draws the pictures and lets one run go through undisturbed; by default one that has everything there is. */
export async function startKillTest(
  folder: string,
  {
    pictures = { classes: 3, trainPerClass: 40, testPerClass: 8 },
    recipe: chosen = RECIPE,
  }: { pictures?: { classes: number; trainPerClass: number; testPerClass: number }; recipe?: PartialRecipe } = {},
): Promise<KillTest> {
  const dataset = join(folder, 'pictures');
  const recipe = join(folder, 'recipe.json');
  await drawDataset(dataset, { ...pictures, size: 32, seed: 1 });
  await writeFile(recipe, JSON.stringify(chosen));
  const [home, out] = [join(folder, 'undisturbed-home'), join(folder, 'undisturbed-out')];
  const { status, stderr, elapsedMs } = await runProcess([
    'compress',
    dataset,
    '--recipe',
    recipe,
    '--home',
    home,
    '--out',
    out,
  ]);
  if (status !== 0) throw new Error(`The undisturbed run ended with ${status}: ${stderr}`);
  return { folder, dataset, recipe, outcome: readOutcome(home, out), elapsedMs };
}

/**
 * Starts the same run once more, sends a signal to its process at each of the moments, resumes it, and compares what
 * comes out with the undisturbed run.
 *
 * @param moments numbers are shares of the undisturbed run's time, from the second on of what is left of it
 */
export async function interruptAndResume(
  test: KillTest,
  { name, moments, signal = 'SIGKILL' }: { name: string; moments: readonly Moment[]; signal?: NodeJS.Signals },
): Promise<KillTrial> {
  const [home, out] = [join(test.folder, `${name}-home`), join(test.folder, `${name}-out`)];
  const killed: KillTrial['killed'] = [];
  const problems: string[] = [];
  const left = [...moments];
  let starts = 0;
  let remainingMs = test.elapsedMs;
  for (;;) {
    const run = findRun(home);
    const what = run === null ? [test.dataset, '--recipe', test.recipe] : ['--resume', run];
    const moment = left.shift();
    const strikeAt = typeof moment === 'number' ? moment * remainingMs : moment;
    starts++;
    const ended = await runProcess(['compress', ...what, '--home', home, '--out', out], { strikeAt, signal });
    if (!ended.interrupted) {
      if (ended.status !== 0) problems.push(`ended with ${ended.status}: ${ended.stderr.trim().split('\n').at(-1)}`);
      break;
    }
    killed.push({ atMs: Math.round(ended.elapsedMs), stage: ended.stage });
    remainingMs -= ended.elapsedMs;
    if (signal === 'SIGINT' && ended.status !== 0) problems.push(...checkStopped(ended));
  }
  return { killed, starts, problems: [...problems, ...inspectResult(test, home, out)] };
}

/** What Ctrl-C promises: the status, and the command that goes on. */
function checkStopped({ status, stderr }: Ended): string[] {
  const says = /\ndecant: Run \w+ was stopped; .*\nResume with: .*compress --resume \w+ --home .*\n$/.test(stderr);
  return [
    ...(status === 130 ? [] : [`Ctrl-C ended with ${status} instead of 130`]),
    ...(says ? [] : [`after Ctrl-C it says ${JSON.stringify(stderr.slice(-300))}`]),
  ];
}

export interface Ended {
  readonly status: number | null;
  readonly stderr: string;
  readonly stage: string;
  readonly elapsedMs: number;
  /** Whether the signal came before it had ended by itself. */
  readonly interrupted: boolean;
}

/** Runs the command line as a process of its own, and strikes it after so many milliseconds or when it says something. */
export function runProcess(
  args: readonly string[],
  {
    strikeAt,
    signal = 'SIGKILL',
    env = process.env,
    nodeOptions = [],
  }: {
    strikeAt?: number | string | undefined;
    signal?: NodeJS.Signals;
    env?: NodeJS.ProcessEnv;
    nodeOptions?: readonly string[];
  } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeOptions, CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    let interrupted = false;
    const startedAt = performance.now();
    const strike = (): void => {
      interrupted ||= child.kill(signal);
    };
    const timer = typeof strikeAt === 'number' ? setTimeout(strike, Math.max(0, strikeAt)) : undefined;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (typeof strikeAt === 'string' && stderr.includes(strikeAt)) strike();
    });
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      const elapsedMs = performance.now() - startedAt;
      const stages = [...stderr.matchAll(/^\[([a-z-]+)\]/gm)];
      resolve({ status, stderr, stage: stages.at(-1)?.[1] ?? 'start', elapsedMs, interrupted });
    });
  });
}

/** The only run of a home; null when its row was not yet written. */
export function findRun(home: string): string | null {
  if (!existsSync(storePath(home))) return null;
  const db = new Database(storePath(home));
  try {
    const tables = db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'runs'").pluck().get();
    return tables === 0 ? null : (db.prepare<[], string>('SELECT id FROM runs').pluck().get() ?? null);
  } finally {
    db.close();
  }
}

/** Everything of a finished run that is not as in the undisturbed one, or should not be there. */
export function inspectResult(test: KillTest, home: string, out: string): string[] {
  const problems = listLeftovers(home, out).map((path) => `left behind: ${path}`);
  const db = new Database(storePath(home));
  try {
    const verdict = String(db.pragma('integrity_check', { simple: true }));
    if (verdict !== 'ok') problems.push(`integrity_check: ${verdict}`);
    if ((db.pragma('foreign_key_check') as unknown[]).length > 0) problems.push('foreign_key_check finds rows');
    const states = db.prepare<[], string>('SELECT state FROM runs').pluck().all();
    if (states.join() !== 'finished') problems.push(`runs are ${states.join(', ')}`);
  } finally {
    db.close();
  }
  try {
    const outcome = readOutcome(home, out);
    for (const part of [...LINE_NAMES, 'figures'] as const)
      if (outcome[part] !== test.outcome[part]) problems.push(`${part} differs: ${outcome[part]}`);
  } catch (error) {
    problems.push(String(error));
  }
  return problems;
}

/** Names that only files in the making have. */
export function listLeftovers(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((path) => /(^|[/\\])\.|\.tmp$|-wal$|-shm$|-journal$/.test(path))
          .map((path) => join(folder, path))
      : [],
  );
}

function readOutcome(home: string, out: string): Outcome {
  const run = findRun(home);
  const folder = join(home, 'runs', String(run));
  const weights = (line: Line): string => {
    const names = readdirSync(folder).filter((name) => name.startsWith(`${line}.`));
    if (names.length !== 1) throw new Error(`${folder} holds ${names.length} files of the ${line} instead of one.`);
    return hash(readFileSync(join(folder, names[0]!)));
  };
  // What buildReport wrote.
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;
  const figures = {
    history: report.history.map(({ elapsedMs: _, imagesPerSecond: __, ...metrics }) => metrics),
    cuts: report.cuts,
    confusion: report.confusion,
    alone: report.alone,
    exports: report.exports.map(({ sha256 }) => sha256),
    written: ['teacher', 'student'].map((name) => hash(readFileSync(join(out, name, 'weights.safetensors')))),
  };
  return {
    ...mapLines((line) => (LINES[line].wanted(report.recipe) ? weights(line) : 'not trained')),
    figures: hash(JSON.stringify(figures)),
  };
}

function hash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
