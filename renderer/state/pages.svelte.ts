import { SvelteMap } from 'svelte/reactivity';
import { asFailure, type RequestFailure } from '../bridge.ts';

interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

/** A long list that is fetched page by page as its rows come into view. */
export class Pages<Row> {
  /** Null until the first page has loaded. */
  total = $state<number | null>(null);
  failure = $state.raw<RequestFailure | null>(null);
  readonly #rows = new SvelteMap<number, Row>();
  readonly #size: number;
  #asked = new Set<number>();
  #list = 0;
  #ask: (offset: number, limit: number) => Promise<Page<Row>> = async () => ({ total: 0, rows: [] });

  constructor(size = 100) {
    this.#size = size;
  }

  /** Starts another list. Late pages of the last one are dropped. */
  async open(ask: (offset: number, limit: number) => Promise<Page<Row>>): Promise<void> {
    this.#list++;
    this.#ask = ask;
    this.#asked = new Set();
    this.#rows.clear();
    this.total = null;
    this.failure = null;
    await this.#fetch(0);
  }

  /** Starts the same list again, as after a failure. */
  async reopen(): Promise<void> {
    await this.open(this.#ask);
  }

  /**
   * Fetches the rows from `first` to `last` again after something was added or removed. The old rows stay until the answer
   * arrives; all others are fetched again when they come into view.
   */
  async refresh(first: number, last: number): Promise<void> {
    const list = ++this.#list;
    const from = Math.floor(first / this.#size) * this.#size;
    const limit = (Math.floor(last / this.#size) + 1) * this.#size - from;
    this.#asked = new Set(Array.from({ length: limit / this.#size }, (_, i) => from / this.#size + i));
    try {
      const { total, rows } = await this.#ask(from, limit);
      if (list !== this.#list) return;
      this.#rows.clear();
      for (const [i, row] of rows.entries()) this.#rows.set(from + i, row);
      this.total = total;
      this.failure = null;
    } catch (cause) {
      if (list === this.#list) this.failure = asFailure(cause);
    }
  }

  /** Switches to another list. The old rows stay until the first page of the new list has loaded. */
  async change(ask: (offset: number, limit: number) => Promise<Page<Row>>): Promise<void> {
    if (this.total === null || this.failure) return this.open(ask);
    this.#ask = ask;
    await this.refresh(0, 0);
  }

  /** Replaces a loaded row; returns whether one matched. */
  replace(matches: (row: Row) => boolean, replacement: Row): boolean {
    for (const [index, row] of this.#rows)
      if (matches(row)) {
        this.#rows.set(index, replacement);
        return true;
      }
    return false;
  }

  /** The row at an index; undefined while it loads. */
  at(index: number): Row | undefined {
    return this.#rows.get(index);
  }

  /** Fetches those of these rows that are missing. */
  need(first: number, last: number): void {
    for (let page = Math.floor(first / this.#size); page <= Math.floor(last / this.#size); page++)
      void this.#fetch(page);
  }

  async #fetch(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const list = this.#list;
    const offset = page * this.#size;
    try {
      const { total, rows } = await this.#ask(offset, this.#size);
      if (list !== this.#list) return;
      for (const [i, row] of rows.entries()) this.#rows.set(offset + i, row);
      this.total = total;
    } catch (cause) {
      if (list !== this.#list) return;
      this.#asked.delete(page);
      this.failure = asFailure(cause);
    }
  }
}
