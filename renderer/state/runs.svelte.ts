import { SvelteMap } from 'svelte/reactivity';
import type { RunRow } from '../../shared/ipc/topics/runs.ts';
import { ask, on } from '../bridge.ts';

/** The newest runs and everything that waits or works, kept up to date. Long lists ask `runs.list` page by page themselves. */
class RunsState {
  readonly #rows = new SvelteMap<string, RunRow>();
  /** Counts what runs were told to have become, for those who keep lists of their own. */
  changes = $state(0);

  readonly recent = $derived([...this.#rows.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt)));
  readonly queue = $derived(
    this.recent
      .filter((row) => row.queuePosition !== null)
      .sort((a, b) => (a.queuePosition ?? 0) - (b.queuePosition ?? 0)),
  );
  readonly active = $derived(this.recent.find((row) => row.state === 'running' || row.state === 'paused') ?? null);

  async start(): Promise<void> {
    on('run.changed', ({ row }) => this.take(row));
    on('run.removed', ({ run }) => this.drop(run));
    const [newest, atWork] = await Promise.all([
      ask('runs.list', { limit: 100 }),
      ask('runs.list', { states: ['queued', 'running', 'paused'], limit: 500 }),
    ]);
    for (const row of [...newest.rows, ...atWork.rows]) this.#rows.set(row.id, row);
  }

  find(id: string): RunRow | undefined {
    return this.#rows.get(id);
  }

  /** Takes a row that an answer carried. */
  take(row: RunRow): void {
    this.#rows.set(row.id, row);
    this.changes++;
  }

  drop(id: string): void {
    this.#rows.delete(id);
    this.changes++;
  }
}

export const runs = new RunsState();
