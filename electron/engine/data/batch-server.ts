import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DecantError, ERRORS, type ErrorCode } from '../core/errors.ts';
import { siblingModule } from '../core/sibling-module.ts';
import type { Batch } from './batch.ts';
import type { BatchPlan } from './compose-batch.ts';

/** Sent to the thread. */
export type BatchRequest =
  | { kind: 'start'; job: number; plan: BatchPlan }
  | { kind: 'batch'; job: number; number: number }
  | { kind: 'stop'; job: number };

/** Sent back. */
export type BatchReply =
  | { kind: 'batch'; job: number; batch: Batch }
  | { kind: 'failed'; job: number; message: string; code: string | null };

export interface BatchSource {
  path: string;
  inputSize: number;
  labels: Int32Array;
}

interface Pending {
  job: number;
  resolve(batch: Batch): void;
  reject(error: Error): void;
}

/** A thread that prepares batches of one pixel cache; several plans may be worked on at a time. */
export class BatchServer {
  readonly #worker: Worker;
  readonly #pending: Pending[] = [];
  #jobs = 0;
  #running = 0;
  #failure: Error | null = null;

  constructor(source: BatchSource) {
    this.#worker = new Worker(siblingModule(import.meta.url, './batch-worker'), {
      workerData: source,
      name: 'batches',
      execArgv: [], // What the process was started with may not be allowed in a thread.
    });
    this.#worker.unref(); // An idle server keeps no process alive.
    this.#worker.on('message', (reply: BatchReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that prepares batches has ended')));
  }

  /** Begins a plan; its batches can be asked for by number until it is stopped. */
  start(plan: BatchPlan): BatchJob {
    const job = this.#jobs++;
    if (this.#running++ === 0) this.#worker.ref();
    this.#send({ kind: 'start', job, plan });
    let stopped = false;
    return {
      request: (number) =>
        new Promise((resolve, reject) => {
          if (this.#failure) return reject(this.#failure);
          this.#pending.push({ job, resolve, reject });
          this.#send({ kind: 'batch', job, number });
        }),
      stop: () => {
        if (stopped) return;
        stopped = true;
        this.#send({ kind: 'stop', job });
        if (--this.#running === 0) this.#worker.unref();
      },
    };
  }

  async close(): Promise<void> {
    if (this.#failure) return;
    const ended = once(this.#worker, 'exit');
    await this.#worker.terminate();
    await ended.catch(() => undefined);
  }

  #send(request: BatchRequest): void {
    this.#worker.postMessage(request);
  }

  /** Replies come in the order of the requests: the thread answers every request for a batch, once, in turn. */
  #settle(reply: BatchReply): void {
    const pending = this.#pending.shift();
    if (!pending || pending.job !== reply.job) this.#fail(new Error('a batch came out of turn'));
    else if (reply.kind === 'batch') pending.resolve(reply.batch);
    else pending.reject(toError(reply));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending.splice(0)) pending.reject(this.#failure);
  }
}

export interface BatchJob {
  /** Asks for batch `number` of the plan. */
  request(number: number): Promise<Batch>;
  /** Forgets the plan. What was asked for before is still answered. */
  stop(): void;
}

export function startBatchServer(source: BatchSource): BatchServer {
  return new BatchServer(source);
}

/** Errors cross the thread as a code and a sentence. */
function toError({ code, message }: { code: string | null; message: string }): Error {
  return code !== null && code in ERRORS ? new DecantError(code as ErrorCode, message) : new Error(message); // `in` says so.
}
