/**
 * Gives the blocks their strides, where the first of those that shrink the map may be told to keep its size: small
 * images would otherwise be down to a pixel before the deep layers see them.
 */
export class StridePlan {
  readonly #firstStrides: readonly (1 | 2)[];
  #used = 0;

  /** `firstStrides`: strides of the first blocks that the paper gives stride 2, in order; the rest keep 2. */
  constructor(firstStrides: readonly (1 | 2)[]) {
    this.#firstStrides = firstStrides;
  }

  /** The stride of the next block, given the paper's. */
  next(paperStride: 1 | 2): 1 | 2 {
    if (paperStride === 1) return 1;
    const stride = this.#firstStrides[this.#used] ?? 2;
    this.#used += 1;
    return stride;
  }
}
