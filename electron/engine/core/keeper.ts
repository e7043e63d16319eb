/** How much a `Keeper` keeps, and what becomes of what it no longer does. */
export interface KeeperOptions<Value> {
  /** Most that is kept, as `weigh` counts it. What is in use stays, whatever it weighs. */
  readonly limit: number;
  /** What a value counts for; 1 by default. */
  readonly weigh?: (value: Value) => number;
  /** Lets go of what a value holds; it is not in use any more. */
  readonly discard?: (value: Value) => void | Promise<void>;
  /** How long a value is kept that nobody uses; for ever by default. */
  readonly idleMs?: number;
}

interface Entry<Value> {
  readonly value: Promise<Value>;
  /** 0 until it is made. */
  weight: number;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Keeps values that are costly to make, by key, as far as its limit goes: the longest unused go first. A value is made
 * once, however many ask for it at the same time, and is never discarded while somebody works with it.
 */
export class Keeper<Value> {
  /** The one used last is the last. */
  readonly #entries = new Map<string, Entry<Value>>();
  /** What was forgotten while in use, and what is being discarded. */
  readonly #leaving = new Set<Promise<unknown>>();
  readonly #options: Required<Omit<KeeperOptions<Value>, 'idleMs'>> & Pick<KeeperOptions<Value>, 'idleMs'>;
  #weight = 0;

  constructor(options: KeeperOptions<Value>) {
    this.#options = { weigh: () => 1, discard: () => undefined, ...options };
  }

  /** What is kept now, as `weigh` counts it. */
  get weight(): number {
    return this.#weight;
  }

  /** Works with the value of a key, which is made first where it is not kept. Throws what `make` and `work` throw. */
  async use<Result>(
    key: string,
    make: () => Promise<Value>,
    work: (value: Value) => Result | Promise<Result>,
  ): Promise<Result> {
    const entry = this.#entries.get(key) ?? this.#make(key, make);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    clearTimeout(entry.timer);
    entry.users++;
    try {
      return await work(await entry.value);
    } finally {
      entry.users--;
      this.#settle(key, entry);
    }
  }

  /** Keeps a value of a key no longer; whoever works with it may end that. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
    clearTimeout(entry.timer);
    if (entry.users === 0) this.#discard(entry);
  }

  /** Keeps nothing any longer; resolves when all that was not in use is let go. */
  async clear(): Promise<void> {
    for (const key of [...this.#entries.keys()]) this.forget(key);
    await Promise.all(this.#leaving);
  }

  #make(key: string, make: () => Promise<Value>): Entry<Value> {
    const entry: Entry<Value> = { value: make(), weight: 0, users: 0, timer: undefined };
    entry.value.then(
      (value) => {
        entry.weight = this.#options.weigh(value);
        if (this.#entries.get(key) === entry) this.#weight += entry.weight;
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  /** After a use: makes room, and sees to it that what stays unused goes in time. */
  #settle(key: string, entry: Entry<Value>): void {
    if (this.#entries.get(key) !== entry) {
      if (entry.users === 0) this.#discard(entry);
      return;
    }
    for (const [other, { users }] of this.#entries) {
      if (this.#weight <= this.#options.limit) break;
      if (users === 0) this.forget(other);
    }
    const { idleMs } = this.#options;
    if (entry.users > 0 || idleMs === undefined || this.#entries.get(key) !== entry) return;
    entry.timer = setTimeout(() => this.forget(key), idleMs);
    entry.timer.unref();
  }

  #discard({ value }: Entry<Value>): void {
    const leaving = value.then(this.#options.discard, () => undefined).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}
