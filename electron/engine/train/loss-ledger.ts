import * as tf from '@tensorflow/tfjs-core';

/** A part of the loss that is not a finite number, and in which batch. */
export interface BadLoss {
  readonly part: string;
  readonly batch: number;
  readonly value: number;
}

/**
 * Adds up the parts of the loss over batches. Values stay on the device until `settle` reads them together, because every
 * single reading would make a graphics card wait.
 */
export class LossLedger {
  readonly #parts: readonly string[];
  readonly #sums: Float64Array;
  #images = 0;
  #pending: { values: tf.Tensor1D; images: number; batch: number }[] = [];

  constructor(parts: readonly string[]) {
    this.#parts = parts;
    this.#sums = new Float64Array(parts.length);
  }

  /** Batches taken in since the last `settle`. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Takes over the losses `[parts]` of one batch, each a mean over its images; the ledger disposes them. */
  add(values: tf.Tensor1D, { images, batch }: { images: number; batch: number }): void {
    this.#pending.push({ values, images, batch });
  }

  /** Reads what is pending; returns the first value that is not finite, or null. */
  async settle(): Promise<BadLoss | null> {
    const pending = this.#pending;
    if (pending.length === 0) return null;
    this.#pending = [];
    const rows = tf.stack(pending.map(({ values }) => values));
    tf.dispose(pending.map(({ values }) => values));
    const numbers = await rows.data<'float32'>();
    rows.dispose();
    for (const [row, { images, batch }] of pending.entries()) {
      this.#images += images;
      for (const [i, part] of this.#parts.entries()) {
        const value = numbers[row * this.#parts.length + i]!;
        if (!Number.isFinite(value)) return { part, batch, value };
        this.#sums[i]! += value * images;
      }
    }
    return null;
  }

  /** Mean over all settled images, by part. */
  means(): Record<string, number> {
    return Object.fromEntries(this.#parts.map((part, i) => [part, this.#sums[i]! / Math.max(1, this.#images)]));
  }

  /** Forgets what is pending. */
  dispose(): void {
    tf.dispose(this.#pending.map(({ values }) => values));
    this.#pending = [];
  }
}
