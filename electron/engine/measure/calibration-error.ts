/** As in Guo et al. 2017. */
export const CALIBRATION_BINS = 15;

/**
 * Gathers the expected calibration error (ECE, Naeini et al. 2015; Guo et al. 2017) of top predictions: they are put into bins of
 * equal width by their confidence, and the differences between the mean confidence and the share of right ones in each bin
 * are averaged, weighted by its images.
 */
export class CalibrationError {
  /** In each bin, the sum of the confidences minus the number of right predictions. */
  readonly #excess = new Float64Array(CALIBRATION_BINS);
  #images = 0;

  /** @param confidence of the top prediction, 0 to 1 */
  add(confidence: number, right: boolean): void {
    const bin = Math.min(CALIBRATION_BINS - 1, Math.max(0, Math.ceil(confidence * CALIBRATION_BINS) - 1));
    this.#excess[bin]! += confidence - (right ? 1 : 0);
    this.#images++;
  }

  /** 0 to 1; 0 for no images. */
  value(): number {
    if (this.#images === 0) return 0;
    return this.#excess.reduce((sum, excess) => sum + Math.abs(excess), 0) / this.#images;
  }
}
