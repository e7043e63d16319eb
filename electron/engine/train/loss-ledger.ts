import * as tf from '@tensorflow/tfjs-core';

/** A part of the loss that is not a finite number, and in which batch. */
export interface BadLoss {
  readonly part: string;
  readonly batch: number;
  readonly value: number;
}

/** What became of one batch's step where the loss is scaled. */
export interface ScaledStep {
  readonly batch: number;
  /** False: a gradient overflowed, and the step was left out. */
  readonly taken: boolean;
  /** The loss scale after it. */
  readonly scale: number;
}

/** What was read of the batches since the last time. */
export interface Settlement {
  /** Means over the images of the steps that count; null where there are none. */
  readonly stretch: LossStretch | null;
  /** The first value that is not finite in a step that was taken. */
  readonly bad: BadLoss | null;
  /** Of each batch whose loss was scaled, in their order, up to the bad one. */
  readonly scaled: readonly ScaledStep[];
}

/** Some steps as one. */
export interface LossStretch {
  /** The first and the last batch. */
  readonly first: number;
  readonly last: number;
  readonly images: number;
  /** Mean of each part. */
  readonly means: Readonly<Record<string, number>>;
}

interface Row {
  readonly values: tf.Tensor1D;
  readonly images: number;
  readonly batch: number;
}

/**
 * Adds up the parts of the loss over batches. Values stay on the device until `settle` reads them together, because every
 * single reading would make a graphics card wait.
 */
export class LossLedger {
  readonly #parts: readonly string[];
  readonly #scaled: boolean;
  readonly #sums: Float64Array;
  #images = 0;
  #pending: Row[] = [];

  /** With `scaled`, every row ends in a `LossScaler`'s outcome. */
  constructor(parts: readonly string[], { scaled = false }: { scaled?: boolean } = {}) {
    this.#parts = parts;
    this.#scaled = scaled;
    this.#sums = new Float64Array(parts.length);
  }

  /** Batches taken in since the last `settle`. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Takes over the losses `[parts]` (`[parts + 2]` if scaled) of one batch, each a mean over its images; the ledger disposes them. */
  add(values: tf.Tensor1D, { images, batch }: { images: number; batch: number }): void {
    this.#pending.push({ values, images, batch });
  }

  /** Reads what is pending. */
  async settle(): Promise<Settlement> {
    const pending = this.#pending;
    const scaled: ScaledStep[] = [];
    if (pending.length === 0) return { stretch: null, bad: null, scaled };
    const [imagesBefore, sumsBefore] = [this.#images, this.#sums.slice()];
    this.#pending = [];
    const rows = tf.stack(pending.map(({ values }) => values));
    tf.dispose(pending.map(({ values }) => values));
    const numbers = await rows.data<'float32'>();
    rows.dispose();
    const width = numbers.length / pending.length;
    const count = this.#parts.length;
    for (const [i, { images, batch }] of pending.entries()) {
      const row = numbers.subarray(i * width, (i + 1) * width);
      const taken = !this.#scaled || row[count] === 1;
      if (this.#scaled) scaled.push({ batch, taken, scale: row[count + 1]! });
      const wrong = this.#parts.findIndex((_, part) => !Number.isFinite(row[part]));
      if (wrong < 0) this.#addRow(row, images);
      else if (taken) return { stretch: null, bad: { part: this.#parts[wrong]!, batch, value: row[wrong]! }, scaled };
    }
    const gained = this.#images - imagesBefore;
    const means = this.#parts.map((part, i) => [part, (this.#sums[i]! - sumsBefore[i]!) / gained] as const);
    const [first, last] = [pending[0]!.batch, pending.at(-1)!.batch];
    const stretch = gained > 0 ? { first, last, images: gained, means: Object.fromEntries(means) } : null;
    return { stretch, bad: null, scaled };
  }

  /** Mean over all settled images, by part; those of a batch left out, whose loss overflowed itself, do not count. */
  means(): Record<string, number> {
    return Object.fromEntries(this.#parts.map((part, i) => [part, this.#sums[i]! / Math.max(1, this.#images)]));
  }

  /** Forgets what is pending. */
  dispose(): void {
    tf.dispose(this.#pending.map(({ values }) => values));
    this.#pending = [];
  }

  #addRow(row: ArrayLike<number>, images: number): void {
    this.#images += images;
    for (let part = 0; part < this.#sums.length; part++) this.#sums[part]! += row[part]! * images;
  }
}
