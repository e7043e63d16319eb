import type { RunListener } from '../../../shared/run/events.ts';
import type { Recipe } from '../../../shared/run/recipe.ts';
import type { Report } from '../../../shared/run/report.ts';
import { systemClock } from '../core/clock.ts';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import { Random } from '../core/random.ts';
import { workingClock } from '../core/working-clock.ts';
import { openDataset, removeAbandoned } from '../data/index.ts';
import {
  cacheFolder,
  describeStoreFailure,
  discardRun,
  findDataset,
  findRun,
  lockRun,
  markResumed,
  moveRunDataset,
  openStore,
  type RunRecord,
  readFinish,
  readRecipe,
  readReport,
  removeOrphans,
  restoreRun,
  type Store,
  saveWeightsFile,
  selectSessions,
  selectStages,
  selectWeightsFiles,
  storePath,
  writeRunRecord,
} from '../store/index.ts';
import { beginRun, type CheckedRun, checkNewRun } from './begin/begin-run.ts';
import { registerDataset } from './begin/prepare.ts';
import { resolveWeights } from './begin/resolve-weights.ts';
import { checkWeightsFiles } from './begin/weights-files.ts';
import { isBadInput, keepState } from './book/keep-state.ts';
import { recoverRuns } from './book/recover-runs.ts';
import { requireResumable } from './book/require-resumable.ts';
import { RunRecorder } from './book/run-recorder.ts';
import { hasFolder, openRun } from './book/runs.ts';
import type { CompressOptions } from './context/compress-options.ts';
import { describeModel } from './context/models.ts';
import type { KnownDataset } from './context/prepared-data.ts';
import type { RunContext } from './context/run-context.ts';
import { RunControl } from './context/run-control.ts';
import { openRunLatency } from './context/run-latency.ts';
import { claimOutput, copyResults } from './results/write-results.ts';
import { walkRun } from './walk-run.ts';

/**
 * The whole process: images → teacher → student, pruned and distilled together → figures → files. Every step of training can
 * be interrupted; `resume` continues from the last checkpoint and ends, on the `simd` back end, with identical weights.
 * Bad input changes nothing: neither the store, nor the output folder, nor the run to resume.
 *
 * @throws DecantError `run.stopped` when the signal is aborted (a checkpoint is then written), and what the stages throw
 */
export async function compress(options: CompressOptions): Promise<Report> {
  try {
    return options.resume === null ? await beginAndWork(options) : await takeUp(options, options.resume);
  } catch (error) {
    throw describeStoreFailure(storePath(options.home), error);
  }
}

async function beginAndWork(options: CompressOptions): Promise<Report> {
  const { dataset: path, recipe, home, out, signal, clock = systemClock } = options;
  if (path === null || recipe === null) throw new TypeError('A new run needs a dataset and a recipe.');
  const dataset = await openDataset(path, { signal });
  try {
    const checked = await checkNewRun(options, recipe, dataset, { published: 'now' });
    const fingerprint = await dataset.fingerprint(signal);
    return await withOutput(out, async () => {
      const store = openStore(home);
      try {
        recoverRuns(store, options.listener);
        await removeOrphans(store);
        const id = beginRun(store, checked, { dataset: { dataset, fingerprint }, clock });
        writeRunRecord(store, id);
        const take = () => {
          markResumed(store.db, id, clock.now());
          return { id: findRun(store.db, id).dataset, dataset, fingerprint };
        };
        const undo = () => discardRun(store, id);
        return await workOn(store, { id, recipe: checked.resolved, resumed: false, take, undo }, options);
      } finally {
        store.close();
      }
    });
  } finally {
    await dataset.close();
  }
}

/** Continues a run that has begun: a queued one is checked again, any other continues from its last checkpoint. */
async function takeUp(options: CompressOptions, run: string): Promise<Report> {
  const { home, out, signal, clock = systemClock } = options;
  // Makes nothing where there is no such run.
  if (!hasFolder(home, run)) openRun(home, run).store.close();
  const store = openStore(home);
  try {
    recoverRuns(store, options.listener);
    const before = findRun(store.db, run);
    const { id } = before;
    await requireResumable(store, id);
    if (before.state === 'finished') return await reuseResults(store, id, out);
    const dataset = await openDataset(options.dataset ?? before.datasetPath, { signal });
    try {
      const fingerprint = await dataset.fingerprint(signal);
      checkSameImages(store, before, fingerprint);
      const resumed = selectStages(store.db, id).length > 0;
      const { resolved: recipe, weights } = resumed
        ? await checkResumedRun(options, store, id)
        : await checkNewRun(options, readRecipe(store.db, id), dataset, { published: 'now' });
      return await withOutput(out, async () => {
        await removeOrphans(store);
        const take = () => {
          const known = { id: registerDataset(store, dataset, fingerprint, clock.now()), dataset, fingerprint };
          moveRunDataset(store.db, id, known.id);
          markResumed(store.db, id, clock.now());
          for (const file of weights) saveWeightsFile(store.db, id, file);
          writeRunRecord(store, id);
          return known;
        };
        const undo = () => {
          restoreRun(store.db, before);
          writeRunRecord(store, id);
        };
        return await workOn(store, { id, recipe, resumed, take, undo }, options);
      });
    } finally {
      await dataset.close();
    }
  } finally {
    store.close();
  }
}

/** Makes sure that the weights of a run that was worked on are what it began with. */
async function checkResumedRun(options: CompressOptions, store: Store, id: RunId): Promise<CheckedRun> {
  const recipe = readRecipe(store.db, id);
  const resolved = await resolveWeights(options, recipe);
  const weights = selectWeightsFiles(store.db, id);
  await checkWeightsFiles(id, weights);
  return { recipe, resolved, weights };
}

interface Undertaking {
  readonly id: RunId;
  /** With the paths of its weights. */
  readonly recipe: Recipe;
  /** Whether it has begun before. */
  readonly resumed: boolean;
  /** Notes in the store that this process works on the run. */
  readonly take: () => KnownDataset;
  /** Undoes what `take` noted. */
  readonly undo: () => void | Promise<void>;
}

/**
 * Walks a run while this process, and no other, holds it, and takes its results along. Where the input turns out bad
 * before anything has been computed, what was begun is undone.
 */
async function workOn(
  store: Store,
  { id, recipe, resumed, take, undo }: Undertaking,
  options: CompressOptions,
): Promise<Report> {
  const { out, signal, control = new RunControl(options.clock ?? workingClock) } = options;
  const { clock } = control;
  const lock = lockRun(store.home, id);
  const sessions = selectSessions(store.db, id).length;
  let nothingDone = false;
  try {
    const known = take();
    const recorder = new RunRecorder(store, id, clock);
    const listener: RunListener = (event) => {
      recorder.record(event);
      options.listener(event);
    };
    const full = describeModel(recipe, 'student', known.dataset.classes.length);
    const latency = await openRunLatency(store, id, { recipe, full, nowMs: clock.now() });
    const context: RunContext = {
      id,
      recipe,
      store,
      random: new Random(recipe.seed),
      clock,
      listener,
      signal,
      control,
      latency,
    };
    if (readFinish(store.db, id).asked) control.finishEarly();
    const report = await keepState(context, recorder, () => walkRun(context, known, { ...options, resumed }));
    if (out !== null) await copyResults(store, id, out);
    return report;
  } catch (error) {
    nothingDone = isBadInput(error) && selectSessions(store.db, id).length === sessions;
    throw error;
  } finally {
    lock.release();
    if (nothingDone) await undo();
  }
}

/** Claims the output folder for some work, and lets go of it where that finds its input bad. */
async function withOutput<T>(out: string | null, work: () => Promise<T>): Promise<T> {
  const withdraw = out === null ? null : await claimOutput(out);
  try {
    return await work();
  } catch (error) {
    if (isBadInput(error)) await withdraw?.();
    throw error;
  }
}

/** @throws DecantError `run.resume` when the dataset is not the one that the run began with */
function checkSameImages(store: Store, { id, dataset, datasetPath }: RunRecord, fingerprint: string): void {
  if (findDataset(store.db, dataset)?.fingerprint === fingerprint) return;
  throw new DecantError(
    'run.resume',
    `Run ${id} cannot continue: the images of ${datasetPath} have changed since it began; put them back or start a new run.`,
    { run: id, path: datasetPath },
  );
}

/** The results of a finished run, again; what a process left that was killed after it had finished goes. */
async function reuseResults(store: Store, id: RunId, out: string | null): Promise<Report> {
  const report = readReport(store.db, id);
  if (!report)
    throw new DecantError('run.resume', `Run ${id} is finished, but it has no report; start a new run.`, { run: id });
  await removeOrphans(store);
  await removeAbandoned(cacheFolder(store.home));
  if (out !== null) await copyResults(store, id, out);
  return report;
}
