import * as tf from '@tensorflow/tfjs-core';
import { differentiate } from '../compute/index.ts';
import type { ForwardResult } from '../model/index.ts';

/** Embeddings `[images, length]` of a part of a batch, and what batch norm saw of it. */
export interface EmbeddedChunk {
  readonly embedding: tf.Tensor2D;
  readonly statistics: ForwardResult['statistics'];
}

export interface ChunkedStep {
  /** Views of the batch, each `[batch, height, width, channels]`. */
  readonly views: readonly tf.Tensor4D[];
  /** Images at a time. */
  readonly chunk: number;
  /** Embeds a part of a view, differentiable, and alike whenever it is asked for the same part. */
  readonly embed: (images: tf.Tensor4D, view: number, chunk: number) => EmbeddedChunk;
  /** The loss of the batch from the embeddings of its views, `[batch, length]` each. */
  readonly compare: (embeddings: readonly tf.Tensor2D[]) => tf.Scalar;
  /** What `embed` computes with, and what `compare` does. */
  readonly ofNetwork: readonly tf.Variable[];
  readonly ofLoss: readonly tf.Variable[];
}

/**
 * Gradients of a loss that compares all images of a batch, with the memory of a part of it (GradCache, Gao et al. 2021): all parts
 * are embedded without a gradient, the loss is differentiated with respect to their embeddings, and then each part is embedded
 * once more and that gradient passed on through it. To be called inside `tf.tidy`. Statistics are the means over the parts of the
 * first view. The caller disposes all that is returned; an entry is null where the loss does not depend on it.
 */
export function differentiateInChunks({ views, chunk, embed, compare, ofNetwork, ofLoss }: ChunkedStep): {
  ofNetwork: (tf.Tensor | null)[];
  ofLoss: (tf.Tensor | null)[];
  statistics: ForwardResult['statistics'];
} {
  const size = views[0]!.shape[0];
  const starts = Array.from({ length: Math.ceil(size / chunk) }, (_, i) => i * chunk);
  const part = <T extends tf.Tensor>(of: T, start: number) =>
    tf.slice(
      of,
      [start, ...new Array<number>(of.rank - 1).fill(0)],
      [Math.min(chunk, size - start), ...of.shape.slice(1)],
    ) as T;
  const embedPart = (view: number, i: number) => embed(part(views[view]!, starts[i]!), view, i);

  const seen: ForwardResult['statistics'][] = [];
  const embeddings = views.map((_, view) =>
    tf.tidy(() => {
      const parts = starts.map((_start, i) => {
        const { embedding, statistics } = embedPart(view, i);
        if (view === 0)
          seen.push(
            statistics.map((each) => ({ ...each, mean: tf.keep(each.mean), variance: tf.keep(each.variance) })),
          );
        return embedding;
      });
      return tf.concat(parts, 0);
    }),
  );
  const { gradients } = differentiate(() => compare(embeddings), [...embeddings, ...ofLoss]);
  let sums: (tf.Tensor | null)[] = ofNetwork.map(() => null);
  for (const view of views.keys()) {
    const slope = gradients[view];
    if (!slope) continue;
    for (const [i, start] of starts.entries()) {
      const before = sums;
      tf.tidy(() => {
        const wanted = part(slope as tf.Tensor2D, start);
        const loss = () => tf.sum<tf.Scalar>(tf.mul(embedPart(view, i).embedding, wanted));
        const own = differentiate(loss, ofNetwork).gradients;
        sums = before.map((sum, at) => addGradients(sum, own[at] ?? null));
        return sums.filter((sum) => sum !== null);
      });
      for (const [at, sum] of before.entries()) if (sum !== sums[at]) sum?.dispose();
    }
  }
  return { ofNetwork: sums, ofLoss: gradients.slice(views.length), statistics: averageStatistics(seen) };
}

function addGradients(sum: tf.Tensor | null, more: tf.Tensor | null): tf.Tensor | null {
  return sum && more ? tf.add(sum, more) : (more ?? sum);
}

/** Disposes what it is given. */
function averageStatistics(seen: readonly ForwardResult['statistics'][]): ForwardResult['statistics'] {
  return seen[0]!.map((first, node) => {
    const all = seen.map((statistics) => statistics[node]!);
    const average = (read: (each: (typeof all)[number]) => tf.Tensor1D) =>
      tf.tidy(() => tf.div<tf.Tensor1D>(tf.addN(all.map(read)), all.length));
    const [mean, variance] = [average((each) => each.mean), average((each) => each.variance)];
    tf.dispose(all.flatMap((each) => [each.mean, each.variance]));
    return { ...first, mean, variance, count: all.reduce((sum, { count }) => sum + count, 0) };
  });
}
