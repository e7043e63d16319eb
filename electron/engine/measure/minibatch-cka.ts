import { dot } from './feature-matrix.ts';

/** Fewer images than this in a batch say nothing about HSIC without bias. */
export const SMALLEST_CKA_BATCH = 4;

/**
 * Linear CKA gathered batch by batch (Nguyen, Raghu & Kornblith 2021): means over batches of the unbiased HSIC
 * estimator (Song et al. 2012), weighted by the batches' sizes. Memory does not grow with the number of images, and its
 * value does not depend on the batch size in expectation; because it is unbiased it can fall slightly below 0.
 */
export class MinibatchCka {
  #xy = 0;
  #xx = 0;
  #yy = 0;
  #images = 0;

  /**
   * Adds one batch.
   *
   * @param k Gram matrix `[rows, rows]` of one side's features, see `centeredGram`
   * @param l that of the other side, of the same images
   * @returns false, and nothing is added, when the batch has fewer than 4 images
   */
  add(k: Float64Array, l: Float64Array): boolean {
    if (k.length !== l.length)
      throw new RangeError(`CKA compares Gram matrices of one size, got ${k.length} and ${l.length} numbers.`);
    const rows = Math.sqrt(k.length);
    if (rows < SMALLEST_CKA_BATCH) return false;
    this.#xy += rows * unbiasedHsic(k, l, rows);
    this.#xx += rows * unbiasedHsic(k, k, rows);
    this.#yy += rows * unbiasedHsic(l, l, rows);
    this.#images += rows;
    return true;
  }

  /** Images seen so far. */
  get images(): number {
    return this.#images;
  }

  /** The estimate, or null where one side does not vary or no batch was large enough. */
  value(): number | null {
    return this.#xx > 0 && this.#yy > 0 ? this.#xy / Math.sqrt(this.#xx * this.#yy) : null;
  }
}

/** HSIC_1 of Song et al. 2012 (equation 5): unbiased, from Gram matrices `[rows, rows]` whose diagonals are ignored. */
export function unbiasedHsic(k: Float64Array, l: Float64Array, rows: number): number {
  let trace = 0;
  let sumK = 0;
  let sumL = 0;
  let cross = 0;
  for (let i = 0; i < rows; i++) {
    const a = k.subarray(i * rows, (i + 1) * rows);
    const b = l.subarray(i * rows, (i + 1) * rows);
    let rowK = -a[i]!;
    let rowL = -b[i]!;
    for (let j = 0; j < rows; j++) {
      rowK += a[j]!;
      rowL += b[j]!;
    }
    trace += dot(a, b) - a[i]! * b[i]!;
    sumK += rowK;
    sumL += rowL;
    cross += rowK * rowL; // The matrices are symmetric: 1'KL1 is the product of their row sums.
  }
  const centered = (sumK * sumL) / ((rows - 1) * (rows - 2)) - (2 * cross) / (rows - 2);
  return (trace + centered) / (rows * (rows - 3));
}
