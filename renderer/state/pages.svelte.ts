import { SvelteMap } from 'svelte/reactivity';
import { asFailure, type RequestFailure } from '../bridge.ts';

interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

/** A long list that is asked for a page at a time, as its rows come into sight. */
export class Pages<Row> {
  /** Null until the first page is there. */
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

  /** Begins another list; late pages of the last one are dropped. */
  async open(ask: (offset: number, limit: number) => Promise<Page<Row>>): Promise<void> {
    this.#list++;
    this.#ask = ask;
    this.#asked = new Set();
    this.#rows.clear();
    this.total = null;
    this.failure = null;
    await this.#fetch(0);
  }

  /** Begins the same list again, as after a failure. */
  async reopen(): Promise<void> {
    await this.open(this.#ask);
  }

  /**
   * Asks for the rows from `first` to `last` anew, after something was added or taken away. They stay until the answer is
   * there; all others are fetched again when they come into sight.
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

  /** Goes over to another list; the rows of the last stay until its beginning is there. */
  async change(ask: (offset: number, limit: number) => Promise<Page<Row>>): Promise<void> {
    if (this.total === null || this.failure) return this.open(ask);
    this.#ask = ask;
    await this.refresh(0, 0);
  }

  /** Puts another in the place of one that is there; gives whether it was. */
  replace(matches: (row: Row) => boolean, replacement: Row): boolean {
    for (const [index, row] of this.#rows)
      if (matches(row)) {
        this.#rows.set(index, replacement);
        return true;
      }
    return false;
  }

  /** Undefined while it is being fetched. */
  at(index: number): Row | undefined {
    return this.#rows.get(index);
  }

  /** Fetches what these rows lack. */
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
