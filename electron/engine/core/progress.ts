import type { Clock } from './clock.ts';

/** What a long piece of work tells while it runs. `remainingMs` is null while nothing honest can be said. */
export interface Progress {
  stage: string;
  done: number;
  total: number;
  unit: string;
  elapsedMs: number;
  remainingMs: number | null;
}

export type ProgressListener = (progress: Progress) => void;

/** Counts work and estimates the time left from the speed of the recent past (the last `windowMs`), not from the start. */
export class ProgressMeter {
  readonly #marks: { at: number; done: number }[] = [];
  readonly #startedAt: number;
  readonly #options: {
    stage: string;
    total: number;
    unit: string;
    clock: Clock;
    listener: ProgressListener;
    windowMs?: number;
  };
  #done: number;

  /** @param options `done`: what was finished earlier, before this meter began to measure */
  constructor(options: {
    stage: string;
    total: number;
    unit: string;
    clock: Clock;
    listener: ProgressListener;
    windowMs?: number;
    done?: number;
  }) {
    this.#options = options;
    this.#done = options.done ?? 0;
    this.#startedAt = options.clock.elapsedMs();
    this.#marks.push({ at: this.#startedAt, done: this.#done });
  }

  /** Adds finished work and reports. */
  advance(amount: number): void {
    const { stage, total, unit, clock, listener, windowMs = 30_000 } = this.#options;
    this.#done += amount;
    const at = clock.elapsedMs();
    this.#marks.push({ at, done: this.#done });
    while (this.#marks.length > 2 && at - this.#marks[0]!.at > windowMs) this.#marks.shift();
    const first = this.#marks[0]!;
    const perMs = (this.#done - first.done) / (at - first.at);
    const remainingMs = at - this.#startedAt < 1000 || !(perMs > 0) ? null : (total - this.#done) / perMs;
    listener({ stage, done: this.#done, total, unit, elapsedMs: at - this.#startedAt, remainingMs });
  }
}
