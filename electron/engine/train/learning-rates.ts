/** Learning rate of one step. `step` counts from 0; `steps` is how many there are in all. */
export type LearningRateSchedule = (step: number, steps: number, settings: LearningRateSettings) => number;

export interface LearningRateSettings {
  /** Highest rate. */
  readonly peak: number;
  /** Share of all steps in which the rate rises. */
  readonly warmUp: number;
}

/** Every schedule by name. */
export const LEARNING_RATES = {
  /**
   * Rises linearly from near 0 to the peak in the first `warmUp` of all steps, then falls along half a cosine to near 0:
   * the one-cycle shape of Smith & Topin 2018 with the annealing of Loshchilov & Hutter 2017.
   */
  cosine: (step, steps, { peak, warmUp }) => {
    const rising = warmUp * steps;
    if (step < rising) return (peak * (step + 1)) / (rising + 1);
    return peak * 0.5 * (1 + Math.cos((Math.PI * (step - rising)) / Math.max(1, steps - rising)));
  },
} as const satisfies Record<string, LearningRateSchedule>;

/** The peak rate for a batch size from that for a batch of 128 (linear scaling rule, Goyal et al. 2017). */
export function scaleLearningRate(rateAt128: number, batch: number): number {
  return (rateAt128 * batch) / 128;
}
