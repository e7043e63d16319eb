import { join, resolve } from 'node:path';
import type { RunListener } from '../../../shared/run/events.ts';
import type { Recipe } from '../../../shared/run/recipe.ts';
import type { Report } from '../../../shared/run/report.ts';
import type { Stage } from '../../../shared/run/stages.ts';
import { type BackendName, type ComputeDescription, startCompute, stopCompute } from '../compute/index.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DecantError } from '../core/errors.ts';
import { createRunId, type RunId } from '../core/ids.ts';
import { Random } from '../core/random.ts';
import {
  addStageTime,
  describeStoreFailure,
  findDataset,
  findRun,
  finishRun,
  insertRun,
  lockRun,
  markEnded,
  markResumed,
  moveRunDataset,
  openStore,
  readRecipe,
  readReport,
  removeOrphans,
  runFolder,
  type Store,
  startStage,
  storePath,
} from '../store/index.ts';
import { buildReport } from './build-report.ts';
import { checkRun } from './check-run.ts';
import { exportStudent, measureModels, type TrainedModels } from './measure-models.ts';
import { startModel } from './models.ts';
import { type KnownDataset, prepareData, recognizeDataset } from './prepare.ts';
import type { RunContext } from './run-context.ts';
import { readModel, trainModels } from './train-models.ts';
import { checkOutput, copyResults, writeResults } from './write-results.ts';

export interface CompressOptions {
  readonly home: string;
  /** Path of the dataset; with `resume` null, or where it lies now. */
  readonly dataset: string | null;
  /** Null with `resume`. */
  readonly recipe: Recipe | null;
  /** Id of the run to take up; null: a new run. */
  readonly resume: string | null;
  /** Folder for report, weights and exports; null: they stay in the home. */
  readonly out: string | null;
  readonly backend: 'auto' | BackendName;
  /** Threads of the CPU back end, and threads that decode images; null: as many as there are cores. */
  readonly threads: number | null;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
}

/**
 * The whole road: images → teacher → student, cut and distilled together → figures → files. Every step of training can
 * be interrupted; `resume` goes on from the last checkpoint and ends, on the `simd` back end, with the very same weights.
 *
 * @throws DecantError `run.stopped` when the signal is aborted (a checkpoint is then written), and what the stages throw
 */
export async function compress(options: CompressOptions): Promise<Report> {
  const { home, out, resume, clock = systemClock, signal } = options;
  const store = openStore(home);
  try {
    await removeOrphans(store);
    if (resume !== null && findRun(store.db, resume).state === 'finished')
      return await reuseResults(store, findRun(store.db, resume).id, out);
    const known = await openRunDataset(store, options, clock);
    try {
      if (resume === null) await checkRun(requireRecipe(options), known.dataset.classes.length);
      if (out !== null) await checkOutput(out);
      const { id, recipe } =
        resume === null ? createRun(store, options, known, clock) : takeUpRun(store, resume, known);
      return await runLocked(store, id, async () => {
        const random = new Random(recipe.seed);
        const context: RunContext = { id, recipe, store, random, clock, listener: options.listener, signal };
        if (resume !== null) {
          moveRunDataset(store.db, id, known.id);
          markResumed(store.db, id, clock.now());
        }
        const report = await keepState(context, () => walk(context, known, options));
        if (out !== null) await copyResults(resultsFolder(store, id), out);
        return report;
      });
    } finally {
      await known.dataset.close();
    }
  } catch (error) {
    throw describeStoreFailure(storePath(home), error);
  } finally {
    store.close();
  }
}

/** Where a run's report, models and exports are kept. */
export function resultsFolder({ home }: Pick<Store, 'home'>, id: RunId): string {
  return join(runFolder(home, id), 'results');
}

/** The stages, one after the other. */
async function walk(context: RunContext, known: KnownDataset, options: CompressOptions): Promise<Report> {
  const { listener, store, id, clock } = context;
  listener({ type: 'run.started', run: id, dataset: known.dataset.name, resumed: options.resume !== null });
  const data = await timeStage(context, 'prepare', () => prepareData(context, known, options.threads));
  try {
    const compute = await startBackend(context, options);
    await trainModels(context, data);
    const trained = await readTrained(context, data.classes.length);
    // What is measured and what exports are compared with is exact.
    if (compute.precision !== 'f32') await startCompute({ backend: compute.backend, threads: threadsOf(options) });
    const measurements = await timeStage(context, 'measure', () => measureModels(context, data, trained));
    const folder = resultsFolder(store, id);
    const exports = await timeStage(context, 'export', () => exportStudent(context, data, trained.student, folder));
    const report = buildReport(context, data, { compute, trained, measurements, exports });
    await writeResults(folder, report, trained);
    finishRun(store.db, id, report, clock.now());
    listener({ type: 'run.finished', run: id });
    return report;
  } finally {
    await stopCompute();
    await data.cache.close();
  }
}

async function startBackend({ listener, recipe }: RunContext, options: CompressOptions): Promise<ComputeDescription> {
  const wanted = recipe.train.precision;
  const compute = await startCompute({
    backend: options.backend,
    threads: threadsOf(options),
    precision: wanted === 'f32' ? 'f32' : 'mixed',
  });
  const { backend, device, threads, precision, reason } = compute;
  listener({ type: 'backend.chosen', backend, device, threads, precision, reason });
  if (wanted === 'mixed' && precision !== 'mixed') {
    const message = `Mixed precision was asked for, but ${backend} on ${device} does not offer it; training computes in f32.`;
    listener({ type: 'warning.raised', message });
  }
  return compute;
}

function threadsOf({ threads }: CompressOptions): number | undefined {
  return threads ?? undefined;
}

async function readTrained(context: RunContext, classes: number): Promise<TrainedModels> {
  const teacher = await readModel(context, 'teacher');
  const student = await readModel(context, 'student');
  if (!teacher || !student) throw new Error('Training has ended without a teacher and a student.'); // planTraining has both.
  const baseline = await readModel(context, 'baseline');
  if (baseline) return { teacher, student, baseline: { ...baseline, trained: true } };
  const untrained = await startModel(context.recipe, 'student', { classes, random: context.random });
  return { teacher, student, baseline: { ...untrained, trained: false } };
}

function requireRecipe({ recipe }: CompressOptions): Recipe {
  if (!recipe) throw new TypeError('A new run needs a recipe.');
  return recipe;
}

/** A run may be taken up from another working folder. */
function withAbsolutePaths(recipe: Recipe): Recipe {
  const absolute = <Role extends Recipe['teacher']>(role: Role): Role => ({
    ...role,
    weights: role.weights === null ? null : resolve(role.weights),
  });
  return { ...recipe, teacher: absolute(recipe.teacher), student: absolute(recipe.student) };
}

/** A new run's row, in the store before anything long begins. */
function createRun(
  store: Store,
  options: CompressOptions,
  known: KnownDataset,
  clock: Clock,
): { id: RunId; recipe: Recipe } {
  const recipe = withAbsolutePaths(requireRecipe(options));
  const id = createRunId(clock.now(), () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32);
  insertRun(store.db, { id, dataset: known.id, recipe }, clock.now());
  return { id, recipe };
}

/** @throws DecantError `run.unknown`; `run.resume` when the dataset is not the one that the run began with */
function takeUpRun(store: Store, run: string, known: KnownDataset): { id: RunId; recipe: Recipe } {
  const { id, dataset, datasetPath } = findRun(store.db, run);
  const before = findDataset(store.db, dataset);
  if (before?.fingerprint !== known.fingerprint)
    throw new DecantError(
      'run.resume',
      `Run ${run} cannot go on: the images of ${datasetPath} have changed since it began; put them back or start a new run.`,
      { run, path: datasetPath },
    );
  return { id, recipe: readRecipe(store.db, id) };
}

/** The dataset as asked for, or where the run to be resumed found it. */
function openRunDataset(store: Store, options: CompressOptions, clock: Clock): Promise<KnownDataset> {
  const { dataset, resume } = options;
  const path = dataset ?? (resume === null ? null : findRun(store.db, resume).datasetPath);
  if (path === null) throw new TypeError('A new run needs a dataset.');
  return recognizeDataset(store, path, { nowMs: clock.now(), signal: options.signal });
}

async function runLocked<T>(store: Store, id: RunId, work: () => Promise<T>): Promise<T> {
  const lock = lockRun(store.home, id);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Notes in the store how a run ended, unless it finished; a stop on request becomes `run.stopped`. */
async function keepState<T>({ store, id, clock, signal }: RunContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A failure on the way to the stop, such as a full disk, is told as what it is.
    if (signal.aborted && !(error instanceof DecantError)) {
      markEnded(store.db, id, { state: 'stopped' }, clock.now());
      throw new DecantError('run.stopped', `Run ${id} was stopped; what it has done until now is kept.`, { run: id });
    }
    const failure = error instanceof Error ? error.message : String(error);
    markEnded(store.db, id, { state: 'failed', failure }, clock.now());
    throw error;
  }
}

/** What a finished run left, once more. */
async function reuseResults(store: Store, id: RunId, out: string | null): Promise<Report> {
  const report = readReport(store.db, id);
  if (!report)
    throw new DecantError(
      'run.resume',
      `Run ${id} is finished, but its report was written by another version of Decant and is not understood; start a new run.`,
      { run: id },
    );
  if (out !== null) await copyResults(resultsFolder(store, id), out);
  return report;
}

/** Runs a stage that does not train, timed, with its events. */
async function timeStage<T>(
  { store, id, clock, listener, signal }: RunContext,
  stage: Stage,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const startedAt = clock.elapsedMs();
  startStage(store.db, id, stage, clock.now());
  listener({ type: 'stage.started', stage, epochs: 0 });
  const result = await work();
  const elapsedMs = clock.elapsedMs() - startedAt;
  addStageTime(store.db, id, stage, elapsedMs, true);
  listener({ type: 'stage.finished', stage, elapsedMs });
  return result;
}
