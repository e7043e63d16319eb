import { asFailure, type RequestFailure } from '../bridge.ts';

/** Something that is asked for: pending, then a value or a failure. A late answer to an earlier question is dropped. */
export class Resource<Value> {
  value = $state.raw<Value | null>(null);
  failure = $state.raw<RequestFailure | null>(null);
  pending = $state(false);
  #question = 0;
  #ask: (() => Promise<Value>) | null = null;

  /** Asks. The last value stays until the new one is there. */
  async load(ask: () => Promise<Value>): Promise<void> {
    const question = ++this.#question;
    this.#ask = ask;
    this.pending = true;
    try {
      const value = await ask();
      if (question !== this.#question) return;
      this.value = value;
      this.failure = null;
    } catch (cause) {
      if (question !== this.#question) return;
      this.failure = asFailure(cause);
    } finally {
      if (question === this.#question) this.pending = false;
    }
  }

  /** Asks the same again. */
  async reload(): Promise<void> {
    if (this.#ask) await this.load(this.#ask);
  }
}
