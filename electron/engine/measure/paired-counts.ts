import type { PairedCounts } from '../../../shared/run/difference-interval.ts';
import type { Predictions } from './tally.ts';

/**
 * Counts which of two networks got each image right.
 *
 * @param a what one said of the images
 * @param b what the other said of the same images, in the same order
 */
export function countPairs(a: Predictions, b: Predictions): PairedCounts {
  if (a.indices.length !== b.indices.length || a.indices.some((index, i) => index !== b.indices[i]))
    throw new RangeError('The predictions of two networks are of different images.');
  const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  for (let image = 0; image < a.indices.length; image++) {
    const [rightA, rightB] = [isRight(a, image), isRight(b, image)];
    counts[rightA ? (rightB ? 'both' : 'onlyA') : rightB ? 'onlyB' : 'neither']++;
  }
  return counts;
}

function isRight({ labels, classes, ranked }: Predictions, image: number): boolean {
  return classes[image * ranked] === labels[image];
}
