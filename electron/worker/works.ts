import type { AppEvent } from '../../shared/ipc/events.ts';
import type { RunListener } from '../../shared/run/events.ts';

/** Milliseconds between two reports of progress. */
const INTERVAL_MS = 100;

/** What a piece of work is given: it looks at `signal`, and tells `listener` how far it is. */
export interface WorkOptions {
  readonly signal: AbortSignal;
  /** Progress goes to the window as `work.progressed`; everything else is dropped. */
  readonly listener: RunListener;
}

/** A piece of work that was cancelled on request. */
export class WorkCancelled extends Error {
  override readonly name = 'WorkCancelled';
}

/** What takes long and can be cancelled, by the name that whoever asked for it gave it. */
export class Works {
  readonly #running = new Map<string, AbortController>();
  readonly #emit: (event: AppEvent) => void;
  readonly #now: () => number;

  constructor(emit: (event: AppEvent) => void, now: () => number) {
    this.#emit = emit;
    this.#now = now;
  }

  /**
   * Does a piece of work under a name. A second one with the same name is reported and cancelled as well.
   *
   * @throws WorkCancelled when it ended because it was cancelled, and what the work throws
   */
  async do<T>(name: string, work: (options: WorkOptions) => Promise<T>): Promise<T> {
    const controller = this.#running.get(name) ?? new AbortController();
    this.#running.set(name, controller);
    const { signal } = controller;
    try {
      return await work({ signal, listener: this.#reportProgress(name) });
    } catch (error) {
      throw signal.aborted ? new WorkCancelled('This was cancelled.', { cause: error }) : error;
    } finally {
      if (this.#running.get(name) === controller) this.#running.delete(name);
    }
  }

  /** Does nothing if no work of that name is active. */
  cancel(name: string): void {
    this.#running.get(name)?.abort();
  }

  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  #reportProgress(work: string): RunListener {
    let reportedAt = Number.NEGATIVE_INFINITY;
    return (event) => {
      if (event.type !== 'run.progressed') return;
      const now = this.#now();
      if (now - reportedAt < INTERVAL_MS && event.done < event.total) return;
      reportedAt = now;
      const { stage, done, total, unit, remainingMs } = event;
      this.#emit({ type: 'work.progressed', work, stage, done, total, unit, remainingMs });
    };
  }
}
