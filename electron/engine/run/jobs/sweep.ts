import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent, RunListener } from '../../../../shared/run/events.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { SweepResult, SweepRun } from '../../../../shared/run/sweep.ts';
import { describeSettings } from '../../../../shared/run/sweep-text.ts';
import { JOB_RESULT_FORM } from '../../../../shared/stored/job-forms.ts';
import { REPORT_FORM } from '../../../../shared/stored/run-forms.ts';
import { formatPlural, formatShare } from '../../../../shared/text/format.ts';
import { BlobStore } from '../../blobs/index.ts';
import { writeFileAtomically } from '../../core/atomic-file.ts';
import { systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import { toFailure } from '../../core/tasks/failure.ts';
import { type Dataset, openDataset } from '../../data/index.ts';
import { connect, JobQueue, parseQueueAddress } from '../../queue/index.ts';
import { checkNewRun } from '../begin/begin-run.ts';
import type { CompressOptions } from '../context/compress-options.ts';
import { decantVersion } from '../context/machine.ts';
import { progressListener } from '../context/run-context.ts';
import { claimOutput } from '../results/write-results.ts';
import { channelOf } from './channels.ts';
import { describeJob } from './describe-job.ts';
import { runJobInThread } from './job-at-work.ts';
import { packImages } from './pack-images.ts';
import { ownBlobsFolder } from './places.ts';
import { getStored } from './stored-blobs.ts';

/** How often the queue is asked how its jobs stand. */
const POLL_MS = 1000;
/** After so long without a worker it is said that there is none. */
const LONELY_MS = 30_000;
/** A result that a job's end promises may take so long to be seen on a shared folder. */
const SEEN_MS = 20_000;

export interface SweepPlanPoint {
  /** The keys that are varied, and their values as they were given. */
  readonly settings: Readonly<Record<string, string>>;
  readonly recipe: Recipe;
}

export interface SweepOptions
  extends Pick<CompressOptions, 'home' | 'backend' | 'threads' | 'cacheLimitBytes' | 'listener' | 'signal'> {
  readonly dataset: string;
  readonly points: readonly SweepPlanPoint[];
  /** Runs of each point; their seeds count on from the recipe's. */
  readonly seeds: number;
  /** Address of the database of a queue; null: everything is computed here. */
  readonly queue: string | null;
  /** Folder of the blob store; null: one in the home. */
  readonly blobs: string | null;
  /** Folder for `sweep.json`, and report and student of each run; null: none. */
  readonly out: string | null;
}

/** One run of the plan. */
interface Planned {
  readonly settings: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly key: string;
}

/**
 * Runs a recipe with some keys varied, each point over several seeds: here, one after the other, or on the workers of a queue. What was
 * computed before is not computed again, so a sweep that was stopped goes on when it is started again. A run that fails does not
 * end the others.
 *
 * @throws what `checkNewRun` throws, before anything is computed; DecantError `run.stopped`, `queue.…`, `blob.…`, `disk.…`
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { home, out, signal } = options;
  const address = options.queue === null ? null : parseQueueAddress(options.queue);
  const dataset = await openDataset(options.dataset, { signal });
  try {
    const recipes = await checkPoints(options, dataset);
    const fingerprint = await dataset.fingerprint(signal);
    if (out !== null) await (await claimOutput(out))();
    const queue = address && (await JobQueue.open(await connect(address), { signal }));
    try {
      const blobs = new BlobStore(options.blobs ?? ownBlobsFolder(home));
      const images = queue && (await pack(blobs, dataset, fingerprint, options));
      const plan = await describePlan(blobs, options, recipes, { fingerprint, images });
      const errors = queue ? await runOnQueue(queue, blobs, plan, options) : await runHere(blobs, plan, options);
      return await gather(blobs, plan, errors, options, dataset.name);
    } finally {
      await queue?.close();
    }
  } catch (error) {
    if (error !== signal.reason || !signal.aborted) throw error;
    throw stopped(options);
  } finally {
    await dataset.close();
  }
}

/** The recipes of all points, with the paths of their weights. What is wrong with one is found before the first is computed. */
async function checkPoints(options: SweepOptions, dataset: Dataset): Promise<Recipe[]> {
  const recipes: Recipe[] = [];
  for (const { recipe } of options.points) {
    if (options.queue !== null && recipe.prune.latencyMs !== null)
      throw new DecantError(
        'recipe.invalid',
        'prune.latencyMs goes by a table of this machine, which workers do not have; leave it out, or leave out --queue.',
      );
    recipes.push((await checkNewRun(options, recipe, dataset, { published: 'now' })).resolved);
  }
  return recipes;
}

function pack(
  blobs: BlobStore,
  dataset: Dataset,
  fingerprint: string,
  { listener, signal }: SweepOptions,
): Promise<string> {
  return packImages(blobs, dataset, fingerprint, { listener: progressListener(listener), signal });
}

async function describePlan(
  blobs: BlobStore,
  { points, seeds, backend }: SweepOptions,
  recipes: readonly Recipe[],
  dataset: { fingerprint: string; images: string | null },
): Promise<Planned[]> {
  const plan: Planned[] = [];
  for (const [index, { settings }] of points.entries()) {
    const recipe = recipes[index]!;
    for (let i = 0; i < seeds; i++) {
      const seed = recipe.seed + i;
      plan.push({ settings, seed, key: await describeJob(blobs, { ...recipe, seed }, { ...dataset, backend }) });
    }
  }
  return plan;
}

/** Why runs failed, by their keys. */
type Errors = ReadonlyMap<string, string>;

/** Computes all runs on this machine, one after the other. */
async function runHere(blobs: BlobStore, plan: readonly Planned[], options: SweepOptions): Promise<Errors> {
  const { home, dataset, threads, cacheLimitBytes = null, listener, signal } = options;
  const errors = new Map<string, string>();
  for (const [index, { key, settings, seed }] of plan.entries()) {
    const title = `Run ${index + 1} of ${plan.length} (${describeSettings(settings, seed)})`;
    if ((await blobs.resolve(key)) !== null) {
      note(listener, `${title} is computed already.`);
      continue;
    }
    note(listener, `${title}.`);
    const order = { home, blobs: blobs.folder, key, dataset, threads, cacheLimitBytes };
    try {
      await runJobInThread(order, { listener: withoutBeginning(listener), signal });
    } catch (error) {
      if (signal.aborted) throw stopped(options);
      const { message } = toFailure(error);
      note(listener, `${title} failed: ${message}`);
      errors.set(key, message);
    }
  }
  return errors;
}

/** Sends all runs that are not computed yet to a queue, and waits for them. */
async function runOnQueue(
  queue: JobQueue,
  blobs: BlobStore,
  plan: readonly Planned[],
  options: SweepOptions,
): Promise<Errors> {
  const { listener, signal, backend } = options;
  const channel = channelOf(backend);
  const byKey = new Map(plan.map((planned) => [planned.key, planned]));
  const errors = new Map<string, string>();
  const open = new Set<string>();
  for (const key of byKey.keys()) if ((await blobs.resolve(key)) === null) open.add(key);
  await queue.send(channel, [...open]);
  note(
    listener,
    `${formatPlural(byKey.size, 'run')}: ${byKey.size - open.size} computed already, ${open.size} sent to the queue.`,
  );
  const started = systemClock.elapsedMs();
  /** When a job was first said to be done whose result was not seen. */
  const unseen = new Map<string, number>();
  let attended = false;
  for (let round = 0; open.size > 0; round++) {
    if (signal.aborted) throw stopped(options);
    if (round > 0) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    const states = await queue.states(channel, [...open]);
    const now = systemClock.elapsedMs();
    for (const key of [...open]) {
      const state = states.get(key);
      const title = describeSettings(byKey.get(key)!.settings, byKey.get(key)!.seed);
      if (state?.state === 'running') attended = true;
      if (state?.state === 'setAside') {
        open.delete(key);
        errors.set(key, state.error.message);
        note(listener, `${title} was set aside: ${state.error.message}`);
      }
      if (state !== undefined && state.state !== 'done') continue;
      attended = true;
      if ((await blobs.resolve(key)) !== null) {
        open.delete(key);
        note(listener, `${title}: ${formatShare((await readRun(blobs, byKey.get(key)!)).top1)} top-1.`);
      } else if (now - (unseen.get(key) ?? now) > SEEN_MS || state === undefined) {
        // Its result went, or the queue was emptied: it is computed anew.
        unseen.delete(key);
        await queue.send(channel, [key]);
      } else unseen.set(key, unseen.get(key) ?? now);
    }
    listener({
      type: 'run.progressed',
      stage: 'sweep',
      done: byKey.size - open.size,
      total: byKey.size,
      unit: 'runs',
      elapsedMs: now - started,
      remainingMs: null,
    });
    if (!attended && now - started > LONELY_MS) {
      attended = true;
      note(listener, 'No worker has taken a job yet; start some with "decant worker --queue … --blobs …".');
    }
  }
  return errors;
}

async function gather(
  blobs: BlobStore,
  plan: readonly Planned[],
  errors: Errors,
  { points, backend, out }: SweepOptions,
  dataset: string,
): Promise<SweepResult> {
  const result: SweepResult = { dataset, decant: decantVersion(), backend, points: [] };
  for (const { settings } of points) {
    const runs: SweepRun[] = [];
    for (const planned of plan.filter((other) => other.settings === settings)) {
      const error = errors.get(planned.key);
      runs.push(error === undefined ? await readRun(blobs, planned) : describeFailed(planned, error));
      if (error === undefined && out !== null)
        await copyRun(blobs, planned.key, join(out, `point-${result.points.length + 1}`, `seed-${planned.seed}`));
    }
    result.points.push({ settings: { ...settings }, runs });
  }
  if (out !== null) await writeFileAtomically(join(out, 'sweep.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

async function readRun(blobs: BlobStore, { key, seed }: Planned): Promise<SweepRun> {
  const { report: reportHash, student } = await readResult(blobs, key);
  const report = await getStored(blobs, REPORT_FORM, reportHash);
  const { top1, macs } = report.student;
  return { seed, state: 'finished', error: null, top1, macs, totalMs: report.timing.totalMs, student };
}

function describeFailed({ seed }: Planned, error: string): SweepRun {
  return { seed, state: 'setAside', error, top1: null, macs: null, totalMs: null, student: null };
}

async function copyRun(blobs: BlobStore, key: string, folder: string): Promise<void> {
  const { report, student } = await readResult(blobs, key);
  await blobs.copyTo(report, join(folder, 'report.json'));
  await blobs.copyTo(student, join(folder, 'student.safetensors'));
}

async function readResult(blobs: BlobStore, key: string) {
  const sha256 = await blobs.resolve(key);
  if (sha256 !== null) return getStored(blobs, JOB_RESULT_FORM, sha256);
  throw new DecantError('blob.missing', `A result has gone from ${blobs.folder}; start the sweep again.`, { key });
}

function note(listener: RunListener, message: string): void {
  listener({ type: 'note.added', message });
}

/** Events of a run of a sweep: it is the sweep that is gone on with, not its run. */
function withoutBeginning(listener: RunListener): (event: RunEvent) => void {
  return (event) => {
    if (event.type !== 'run.started' && event.type !== 'run.finished') listener(event);
  };
}

function stopped({ queue }: SweepOptions): DecantError {
  const rest = queue === null ? 'to go on with it' : 'to watch its runs, which go on without you';
  return new DecantError('run.stopped', `The sweep was stopped; start it with the same command ${rest}.`);
}
