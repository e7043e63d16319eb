import type { Clock } from '../../core/clock.ts';

/** What the owner of an active run can request, besides stopping it by its signal. A run checks between steps. */
export class RunControl {
  readonly #clock: Clock;
  #finishesEarly = false;
  #hold: { readonly since: number; readonly ended: PromiseWithResolvers<void> } | null = null;
  #heldMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Working time of the run: pauses do not count, nor does what the given clock leaves out. */
  get clock(): Clock {
    return {
      now: () => this.#clock.now(),
      elapsedMs: () => (this.#hold ? this.#hold.since : this.#clock.elapsedMs()) - this.#heldMs,
    };
  }

  /** Whether it should finish early. */
  get finishesEarly(): boolean {
    return this.#finishesEarly;
  }

  finishEarly(): void {
    this.#finishesEarly = true;
    this.release();
  }

  /** Holds the run before its next step, until `release`. */
  hold(): void {
    this.#hold ??= { since: this.#clock.elapsedMs(), ended: Promise.withResolvers() };
  }

  release(): void {
    if (!this.#hold) return;
    this.#heldMs += this.#clock.elapsedMs() - this.#hold.since;
    this.#hold.ended.resolve();
    this.#hold = null;
  }

  /** Waits while the run is held; a stop lets it through as well. */
  async pass(signal: AbortSignal): Promise<void> {
    if (!this.#hold || signal.aborted) return;
    const release = () => this.release();
    signal.addEventListener('abort', release, { once: true });
    await this.#hold.ended.promise;
    signal.removeEventListener('abort', release);
  }
}
