import { siblingModule } from '../core/sibling-module.ts';
import type { Task } from '../core/tasks/task.ts';
import { openThread, type TaskClient } from '../core/tasks/task-client.ts';
import type { Batch } from './batch.ts';
import type { BatchPlan } from './compose-batch.ts';

export type BatchTasks = {
  /** Takes a plan in under a number, and forgets it when it is aborted. */
  readonly plan: Task<{ job: number; plan: BatchPlan }, void>;
  /** One batch of a plan that was taken in. */
  readonly batch: Task<{ job: number; number: number }, Batch>;
};

export interface BatchSource {
  path: string;
  inputSize: number;
  labels: Int32Array;
}

/** A thread that prepares batches of one pixel cache; several plans may be worked on at a time. */
export class BatchServer {
  readonly #thread: TaskClient<BatchTasks>;
  #jobs = 0;

  constructor(source: BatchSource) {
    const script = siblingModule(import.meta.url, './batch-worker');
    this.#thread = openThread(script, { name: 'batches', data: source });
  }

  /** Begins a plan; its batches can be asked for by number until it is stopped. */
  start(plan: BatchPlan): BatchJob {
    const job = this.#jobs++;
    const stop = new AbortController();
    // Until it is stopped the thread keeps the process alive. Where the thread fails, so do the batches.
    this.#thread.ask('plan', { job, plan }, { signal: stop.signal }).catch(() => undefined);
    return {
      request: (number) => this.#thread.ask('batch', { job, number }),
      stop: () => stop.abort(),
    };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

export interface BatchJob {
  /** Asks for batch `number` of the plan. */
  request(number: number): Promise<Batch>;
  /** Forgets the plan. What was asked for before is still answered. */
  stop(): void;
}
