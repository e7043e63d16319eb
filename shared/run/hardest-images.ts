import type { EpochMetrics } from './report.ts';
import { findLine } from './stages.ts';

/** Images that an epoch lists as its hardest; what comes after them in `hardest` is only followed. */
export const HARDEST_LISTED = 20;

/** A training image that the student found hard in its last epoch. */
export interface HardestImage {
  /** Index in the dataset. */
  readonly image: number;
  /** Cross-entropy with its label in that epoch, as augmented. */
  readonly loss: number;
  /** How much the teacher's answers counted, in each epoch that is known, oldest first. */
  readonly weights: readonly { readonly epoch: number; readonly weight: number }[];
}

/** The images that the student's last epoch found hardest, with what the teacher counted for them over time. */
export function followHardest(epochs: readonly Pick<EpochMetrics, 'stage' | 'epoch' | 'hardest'>[]): HardestImage[] {
  const own = epochs
    .filter(({ stage, hardest }) => findLine(stage) === 'student' && hardest.length > 0)
    .sort((a, b) => a.epoch - b.epoch);
  return (own.at(-1)?.hardest ?? []).slice(0, HARDEST_LISTED).map(({ image, loss }) => ({
    image,
    loss,
    weights: own.flatMap(({ epoch, hardest }) => {
      const found = hardest.find((entry) => entry.image === image);
      return found ? [{ epoch, weight: found.weight }] : [];
    }),
  }));
}
