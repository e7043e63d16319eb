import { HARDEST_LISTED } from '../../../../shared/run/hardest-images.ts';
import type { HardImage } from '../../../../shared/run/report.ts';
import type { ImageScores } from '../../train/index.ts';

/**
 * The images with the largest losses of those known and those that were just seen, the largest first; and after them others that
 * are watched, so that their weights can be followed. An image that was seen more than once counts with its largest loss.
 */
export function findHardest(
  known: readonly HardImage[],
  { images, losses, weights }: ImageScores,
  watched: ReadonlySet<number>,
): HardImage[] {
  const worst = new Map(known.map((entry) => [entry.image, entry]));
  for (const [i, image] of images.entries()) {
    const loss = losses[i]!;
    if (loss > (worst.get(image)?.loss ?? Number.NEGATIVE_INFINITY))
      worst.set(image, { image, loss, weight: weights[i]! });
  }
  const sorted = [...worst.values()].sort((a, b) => b.loss - a.loss || a.image - b.image);
  return sorted.filter(({ image }, place) => place < HARDEST_LISTED || watched.has(image));
}

/** The images that an epoch lists as its hardest, without those that are only watched. */
export function listHardest(hardest: readonly HardImage[]): HardImage[] {
  return hardest.slice(0, HARDEST_LISTED);
}
