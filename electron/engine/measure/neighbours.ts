import * as tf from '@tensorflow/tfjs-core';
import type { Embeddings } from './embeddings.ts';

/** Neighbours that vote, and what their cosines are divided by (Wu et al. 2018, section 3.4, who let 200 of ImageNet vote). */
const NEIGHBOURS = 20;
const TEMPERATURE = 0.07;
/** Images that are compared with all known ones at a time. */
const AT_ONCE = 256;

/**
 * Share of images whose class their nearest neighbours tell: each of the known images that are most similar votes for its class
 * with e^(cosine / temperature) (Wu et al. 2018). Of equal classes or neighbours, the first counts. Leaves no tensors behind.
 *
 * @param known labelled images, at least one
 * @param asked at least one, embedded by the same network
 */
export async function measureNeighbours(
  known: Embeddings,
  asked: Embeddings,
  { neighbours = NEIGHBOURS, temperature = TEMPERATURE }: { neighbours?: number; temperature?: number } = {},
): Promise<number> {
  const { length } = known;
  const [bank, questions] = [known.labels.length, asked.labels.length];
  const others = tf.tensor2d(known.rows, [bank, length]);
  let right = 0;
  try {
    for (let first = 0; first < questions; first += AT_ONCE) {
      const end = Math.min(questions, first + AT_ONCE);
      const cosines = tf.tidy(() => {
        const rows = tf.tensor2d(asked.rows.subarray(first * length, end * length), [end - first, length]);
        return tf.matMul(rows, others, false, true);
      });
      const values = await cosines.data<'float32'>();
      cosines.dispose();
      for (let image = first; image < end; image++) {
        const row = values.subarray((image - first) * bank, (image - first + 1) * bank);
        if (vote(row, known.labels, { neighbours, temperature }) === asked.labels[image]) right++;
      }
    }
  } finally {
    others.dispose();
  }
  return right / questions;
}

/** The class that the nearest of some images vote for. */
function vote(
  cosines: Float32Array,
  labels: Int32Array,
  { neighbours, temperature }: { neighbours: number; temperature: number },
): number {
  const nearest = Array.from(cosines.keys())
    .sort((a, b) => cosines[b]! - cosines[a]! || a - b)
    .slice(0, neighbours);
  const votes = new Map<number, number>();
  for (const image of nearest) {
    const label = labels[image]!;
    // Beside the best one, so that no exponential overflows.
    votes.set(label, (votes.get(label) ?? 0) + Math.exp((cosines[image]! - cosines[nearest[0]!]!) / temperature));
  }
  const [best] = [...votes].sort(([a, votesA], [b, votesB]) => votesB - votesA || a - b);
  return best![0];
}
