/** Plain data of a `BestKeeper`, for checkpoints. */
export interface BestScore {
  readonly score: number;
  readonly epoch: number;
}

/**
 * Remembers the best score of a stretch of training and says when it has stopped rising. Scores are "more is better"
 * (validation top-1); of equal ones the first stays.
 */
export class BestKeeper {
  #best: BestScore | null;

  constructor(best: BestScore | null = null) {
    this.#best = best;
  }

  get best(): BestScore | null {
    return this.#best;
  }

  /** Takes note of an epoch's score; true when it is the best so far, whose weights are then to be kept. */
  offer(score: number, epoch: number): boolean {
    if (!Number.isFinite(score) || (this.#best && score <= this.#best.score)) return false;
    this.#best = { score, epoch };
    return true;
  }

  /** Whether `patience` epochs have passed since the best one; never with null. */
  shouldStop(epoch: number, patience: number | null): boolean {
    return patience !== null && this.#best !== null && epoch - this.#best.epoch >= patience;
  }
}
