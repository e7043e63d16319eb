/** Brings the scores of one group to a scale that can be compared with other groups'. */
export type Normalization = (scores: Float32Array) => Float32Array;

/** Every normalization by name. */
export const NORMALIZATIONS = {
  /** Scores as they are. */
  none: (scores) => scores,
  /** Divided by the group's mean, so that every group's channels are worth 1 on average. */
  mean: (scores) => {
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    return mean > 0 ? scores.map((score) => score / mean) : scores;
  },
} as const satisfies Record<string, Normalization>;

export type NormalizationName = keyof typeof NORMALIZATIONS;
