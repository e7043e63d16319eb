import type { AppRunState, RUN_SORTS, RunQuery, RunRow } from '../../../shared/ipc/topics/runs.ts';
import { ask, on } from '../../bridge.ts';
import { Pages } from '../../state/pages.svelte.ts';
import type { Sort } from '../../ui/column.ts';

type RunSort = (typeof RUN_SORTS)[number];

/** Pause in typing before the list is updated, milliseconds. */
const TYPING_MS = 150;

/** The list of runs with its search, filters and sorting; kept while other screens are shown. */
class RunList {
  readonly pages = new Pages<RunRow>();
  text = $state('');
  state = $state<AppRunState | ''>('');
  dataset = $state('');
  tag = $state('');
  sort = $state.raw<Sort>({ key: 'createdAt', descending: true });
  selected = $state.raw<ReadonlySet<string>>(new Set());
  /** How far the list is scrolled, pixels. */
  scrollTop = $state(0);
  tags = $state.raw<readonly string[]>([]);
  readonly filtered = $derived(this.text.trim() !== '' || this.state !== '' || this.dataset !== '' || this.tag !== '');
  #range: readonly [first: number, last: number] = [0, 0];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows the list and follows changes. Returns a function that stops it. */
  open(): () => void {
    const stops = [
      on('run.changed', ({ row }) => {
        // A listed run is updated in place; it moves only when the list is fetched again.
        if (!this.pages.replace(({ id }) => id === row.id, row)) this.#refreshSoon();
      }),
      on('run.removed', () => this.#refreshSoon()),
    ];
    if (this.pages.total === null) void this.search();
    else void this.pages.refresh(...this.#range);
    void this.#readTags();
    return () => {
      clearTimeout(this.#timer);
      for (const stop of stops) stop();
    };
  }

  /** Fetches the list that matches search, filters and sorting. */
  async search(): Promise<void> {
    const query = {
      text: this.text.trim(),
      states: this.state === '' ? [] : [this.state],
      tags: this.tag === '' ? [] : [this.tag],
      dataset: this.dataset === '' ? null : this.dataset,
      // Keys of sortable columns are names of the contract.
      sort: this.sort.key as RunSort,
      descending: this.sort.descending,
    } satisfies RunQuery;
    this.scrollTop = 0;
    this.selected = new Set();
    await this.pages.change((offset, limit) => ask('runs.list', { ...query, offset, limit }));
  }

  searchSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.search(), TYPING_MS);
  }

  /** Notes which rows are in view and fetches them. */
  show(first: number, last: number): void {
    this.#range = [first, last];
    this.pages.need(first, last);
  }

  async refresh(): Promise<void> {
    await this.pages.refresh(...this.#range);
    await this.#readTags();
  }

  clear(): void {
    this.text = '';
    this.state = '';
    this.dataset = '';
    this.tag = '';
    void this.search();
  }

  #refreshSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), TYPING_MS);
  }

  /** Without an answer, the filter has no tags. */
  async #readTags(): Promise<void> {
    const tags = await ask('runs.tags', {}).catch(() => []);
    this.tags = tags.map(({ tag }) => tag);
  }
}

export const runList = new RunList();
