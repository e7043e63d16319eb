import { asFailure, type RequestFailure } from '../bridge.ts';

/** A value that is requested: pending, then a value or a failure. Late answers to earlier requests are dropped. */
export class Resource<Value> {
  value = $state.raw<Value | null>(null);
  failure = $state.raw<RequestFailure | null>(null);
  pending = $state(false);
  #question = 0;
  #ask: (() => Promise<Value>) | null = null;

  /** Requests a value. The last one stays until the new one arrives. */
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

  /** Repeats the last request. */
  async reload(): Promise<void> {
    if (this.#ask) await this.load(this.#ask);
  }
}
