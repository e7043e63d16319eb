import { SvelteMap } from 'svelte/reactivity';
import type { RunRow } from '../../shared/ipc/topics/runs.ts';
import { ask, on } from '../bridge.ts';

/** The newest runs and all queued and active ones, kept up to date. Views with long lists ask `runs.list` page by page. */
class RunsState {
  readonly #rows = new SvelteMap<string, RunRow>();
  /** When each row arrived, by `performance.now()`. */
  readonly #arrivedAt = new Map<string, number>();
  /** Counts changes to runs, for views that keep lists of their own. */
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
    const [newest, unfinished] = await Promise.all([
      ask('runs.list', { limit: 100 }),
      ask('runs.list', { states: ['queued', 'running', 'paused'], limit: 500 }),
    ]);
    for (const row of [...newest.rows, ...unfinished.rows]) this.#store(row);
  }

  find(id: string): RunRow | undefined {
    return this.#rows.get(id);
  }

  /** Stores a row from an answer. */
  take(row: RunRow): void {
    this.#store(row);
    this.changes++;
  }

  drop(id: string): void {
    this.#rows.delete(id);
    this.#arrivedAt.delete(id);
    this.changes++;
  }

  /** Time spent on a run so far, milliseconds: a running one has worked on since its row arrived. */
  measureElapsed({ id, state, elapsedMs }: RunRow): number {
    const arrivedAt = this.#arrivedAt.get(id);
    return state === 'running' && arrivedAt !== undefined ? elapsedMs + performance.now() - arrivedAt : elapsedMs;
  }

  #store(row: RunRow): void {
    this.#rows.set(row.id, row);
    this.#arrivedAt.set(row.id, performance.now());
  }
}

export const runs = new RunsState();
