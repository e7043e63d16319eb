import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent, RunListener } from '../../../../shared/run/events.ts';
import { formatDuration, formatPlural } from '../../../../shared/text/format.ts';
import { BlobStore } from '../../blobs/index.ts';
import { systemClock } from '../../core/clock.ts';
import { DecantError, type ErrorCode } from '../../core/errors.ts';
import { toFailure } from '../../core/tasks/failure.ts';
import { connect, JobQueue, type Lease, parseQueueAddress, type QueueTiming } from '../../queue/index.ts';
import { channelOf, explainDecline, type JobBackend } from './channels.ts';
import { runJobInThread } from './job-at-work.ts';
import type { JobOrder } from './run-job.ts';

export interface WorkOptions {
  readonly home: string;
  /** Address of the database. */
  readonly queue: string;
  /** Folder of the blob store, which this machine shares with the others. */
  readonly blobs: string;
  readonly backend: JobBackend;
  readonly threads: number | null;
  readonly cacheLimitBytes: number | null;
  /** Ends when no job is left, rather than waiting for the next. */
  readonly untilEmpty: boolean;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
  readonly timing?: Partial<WorkTiming> | undefined;
  /** What does a job; by default a thread. */
  readonly runJob?: typeof runJobInThread | undefined;
}

export interface WorkTiming extends QueueTiming {
  /** How often an idle worker looks for a job. */
  readonly pollMs: number;
  /** How long a worker rests that could not write, before it tries again. */
  readonly restMs: number;
}

/** What a worker did. */
export interface WorkResult {
  readonly done: number;
  readonly failed: number;
  readonly lost: number;
}

/** Failures of this machine rather than of the job: it is given back, and the worker rests. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set<ErrorCode>([
  'disk.full',
  'disk.failed',
  'output.unwritable',
  'home.unusable',
  'store.busy',
  'backend.unavailable',
  'backend.wrong',
]);

/** What tells a job that it belongs to another worker by now. */
const LOST = new Error('Another worker has this job.');

/**
 * Takes jobs from a queue and does them, one at a time, until the signal is aborted. A thread computes, so this one goes on saying
 * that the worker lives; a job that was given to another worker meanwhile is stopped at its next step.
 *
 * @throws DecantError `queue.invalid`, `queue.refused`, `queue.unreachable`, `queue.failed`, `blob.missing`; `run.stopped` when the signal is aborted
 */
export async function work(options: WorkOptions): Promise<WorkResult> {
  requireFolder(options.blobs);
  const { pollMs = 1000, restMs = 30_000, ...timing } = options.timing ?? {};
  const database = await connect(parseQueueAddress(options.queue));
  const queue = await JobQueue.open(database, { ...timing, signal: options.signal });
  try {
    await new BlobStore(options.blobs).removeAbandoned(systemClock);
    return await serve(queue, options, { pollMs, restMs });
  } finally {
    await queue.close();
  }
}

/** The work itself, on a queue that is open. Throws as `work`. */
export async function serve(
  queue: JobQueue,
  options: Omit<WorkOptions, 'queue' | 'timing'>,
  { pollMs, restMs }: Pick<WorkTiming, 'pollMs' | 'restMs'>,
): Promise<WorkResult> {
  const { backend, listener, signal, untilEmpty } = options;
  const tell = (message: string): void => listener({ type: 'note.added', message });
  const channel = channelOf(backend);
  const declined = new Set<string>();
  const counts = { done: 0, failed: 0, lost: 0 };
  const rest = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined);
  tell(`Waiting for jobs on ${backend}.`);
  for (let idle = 0; !signal.aborted; ) {
    const lease = await queue.take(channel);
    if (lease === null) {
      if (idle++ % 30 === 0) for (const reason of await findDeclined(queue, backend, declined)) tell(reason);
      if (untilEmpty) return counts;
      await rest(pollMs);
      continue;
    }
    idle = 0;
    tell(`Took job ${lease.key.slice(0, 12)}.`);
    const end = await doJob(queue, lease, options);
    if (end.how === 'done') counts.done++;
    if (end.how === 'failed') counts.failed++;
    if (end.how === 'lost') counts.lost++;
    tell(`Job ${lease.key.slice(0, 12)} ${end.message}`);
    if (end.how === 'given back' && !signal.aborted) await rest(restMs);
  }
  throw new DecantError('run.stopped', 'The worker was stopped; jobs that it had begun go to other workers.');
}

interface JobEnd {
  readonly how: 'done' | 'failed' | 'lost' | 'given back';
  /** For people, behind the job's name. */
  readonly message: string;
}

async function doJob(queue: JobQueue, lease: Lease, options: Omit<WorkOptions, 'queue' | 'timing'>): Promise<JobEnd> {
  const { home, blobs, threads, cacheLimitBytes, listener, signal, runJob = runJobInThread } = options;
  const started = systemClock.elapsedMs();
  const order: JobOrder = { home, blobs, key: lease.key, dataset: null, threads, cacheLimitBytes };
  const loss = new AbortController();
  const stopBeating = keepBeating(queue, lease, () => loss.abort(LOST));
  try {
    await runJob(order, { listener: onlyProgress(listener), signal: AbortSignal.any([signal, loss.signal]) });
    // Lost or not, the result is there and counts.
    await queue.finish(lease);
    return { how: 'done', message: `done in ${formatDuration(systemClock.elapsedMs() - started)}.` };
  } catch (error) {
    const { code, message } = toFailure(error);
    if (loss.signal.aborted)
      return { how: 'lost', message: 'was given to another worker, since this one was not heard of.' };
    if (signal.aborted) {
      await queue.giveBack(lease);
      return { how: 'given back', message: 'was given back.' };
    }
    if (code !== null && OF_THE_MACHINE.has(code)) {
      await queue.giveBack(lease);
      return { how: 'given back', message: `was given back, since this machine cannot do it now: ${message}` };
    }
    const next = await queue.fail(lease, { code, message });
    const then = next === 'again' ? 'It will be tried again' : 'It was set aside';
    return { how: 'failed', message: `failed: ${message} ${then}.` };
  } finally {
    stopBeating();
  }
}

/** Says at regular times that a job is worked on, until it is not this worker's any more. */
function keepBeating(queue: JobQueue, lease: Lease, onLost: () => void): () => void {
  let beating = false;
  const timer = setInterval(() => {
    if (beating) return; // The last question waits for a database that is gone.
    beating = true;
    queue
      .beat(lease)
      .then((alive) => {
        if (alive) return;
        clearInterval(timer);
        onLost();
      })
      .catch(() => undefined) // Whoever settles the job finds that out.
      .finally(() => {
        beating = false;
      });
  }, queue.leaseMs / 4);
  return () => clearInterval(timer);
}

/** What a worker shows of a run: not its beginning, since nobody resumes it by hand. */
function onlyProgress(listener: RunListener): (event: RunEvent) => void {
  return (event) => {
    if (event.type !== 'run.started' && event.type !== 'run.finished') listener(event);
  };
}

/** Sentences about jobs that wait for other workers, each once. */
async function findDeclined(queue: JobQueue, backend: JobBackend, told: Set<string>): Promise<string[]> {
  const reasons: string[] = [];
  for (const { channel, count } of await queue.waiting()) {
    const reason = explainDecline(channel, backend);
    if (reason === null || told.has(channel)) continue;
    told.add(channel);
    reasons.push(`Declined ${formatPlural(count, 'job')}: ${reason}.`);
  }
  return reasons;
}

/** A folder that is not there is a share that is not mounted. */
function requireFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const message = `The blob store ${folder} is not a folder; mount or make it, or give another with --blobs.`;
  throw new DecantError('blob.missing', message, { folder });
}
