import { ask, on } from '../bridge.ts';

/** A long task that the user started: reading a dataset, exporting a file, estimating a time. */
export interface Work {
  readonly id: string;
  /** "Reading flowers12". */
  readonly title: string;
  readonly stage: string | null;
  /** 0 to 1; null while it is unknown. */
  readonly share: number | null;
  readonly remainingMs: number | null;
  readonly cancelled: boolean;
}

class WorkState {
  current = $state.raw<readonly Work[]>([]);

  start(): void {
    on('work.progressed', ({ work, stage, done, total, remainingMs }) =>
      this.#update(work, { stage, share: total > 0 ? Math.min(1, done / total) : null, remainingMs }),
    );
  }

  /**
   * Runs a task under a new id, by which it can be watched and cancelled. Returns null if it was cancelled; failures are
   * thrown.
   */
  async run<Result>(title: string, action: (work: string) => Promise<Result>): Promise<Result | null> {
    const id = crypto.randomUUID();
    this.current = [...this.current, { id, title, stage: null, share: null, remainingMs: null, cancelled: false }];
    try {
      return await action(id);
    } catch (cause) {
      if (this.find(id)?.cancelled) return null;
      throw cause;
    } finally {
      this.current = this.current.filter((work) => work.id !== id);
    }
  }

  find(id: string): Work | undefined {
    return this.current.find((work) => work.id === id);
  }

  async cancel(id: string): Promise<void> {
    this.#update(id, { cancelled: true });
    await ask('work.cancel', { work: id });
  }

  #update(id: string, change: Partial<Work>): void {
    this.current = this.current.map((work) => (work.id === id ? { ...work, ...change } : work));
  }
}

export const work = new WorkState();
