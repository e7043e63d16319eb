import { extname } from 'node:path';
import type { Failure } from '../../shared/ipc/message.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { DecantError, openThread, PlaceEnded, type RunId, type TaskClient, toFailure } from '../engine/index.ts';
import { describeFailure } from './describe-failure.ts';
import type { RunOrder, RunTasks } from './run-tasks.ts';

/** How work on a run ended. */
export type RunEnd =
  | { readonly state: 'finished' }
  | { readonly state: 'stopped' }
  | { readonly state: 'failed'; readonly failure: Failure };

/** A run that a thread of this process computes. */
export class RunAtWork {
  readonly run: RunId;
  /** How it ended; never rejects. */
  readonly ended: Promise<RunEnd>;
  paused = false;
  readonly #thread: TaskClient<RunTasks>;
  readonly #stop = new AbortController();

  constructor(order: RunOrder, listener: (event: RunEvent) => void) {
    this.run = order.run;
    const script = new URL(`./run-thread${extname(import.meta.url)}`, import.meta.url);
    this.#thread = openThread<RunTasks>(script, { name: 'run' });
    this.ended = this.#work(order, listener);
  }

  /** Each of these takes effect between two steps. */
  steer(how: 'hold' | 'release' | 'finishEarly'): void {
    this.#thread.ask(how, undefined).catch(() => undefined); // A thread that has ended does not mind.
  }

  stop(): void {
    this.#stop.abort();
  }

  async #work(order: RunOrder, listener: (event: RunEvent) => void): Promise<RunEnd> {
    const { signal } = this.#stop;
    const end = await this.#thread.ask('work', order, { listener, signal }).then(
      () => ({ state: 'finished' }) as const,
      (error: unknown): RunEnd => {
        if (error === signal.reason || (error instanceof DecantError && error.code === 'run.stopped'))
          return { state: 'stopped' };
        return { state: 'failed', failure: describe(error) };
      },
    );
    await this.#thread.dismiss();
    return end;
  }
}

function describe(error: unknown): Failure {
  if (!(error instanceof PlaceEnded)) return describeFailure(error);
  const { code } = toFailure(error.cause);
  if (code !== null) return describeFailure(error.cause); // Such as a full memory, which ends a thread.
  const message = `The thread computing the run ${error.how}; resume the run to continue from its last checkpoint.`;
  return { code: 'internal', message };
}
