import * as tf from '@tensorflow/tfjs-core';
import { type MethodModule, statelessMethod } from '../method.ts';
import { huber, maskOfOthers, multiplyRows } from '../relations.ts';

/** Keeps distances and their gradients finite where two images have the same embedding. */
const EPSILON = 1e-12;

export const method: MethodModule<'rkd'> = {
  open: ({ settings: { distance, angle } }) =>
    statelessMethod(({ embeddings }) =>
      // The table says that it needs embeddings, so that they are there.
      compareRelations(embeddings!.student, embeddings!.teacher, { distance, angle }),
    ),
};

/**
 * Relational distillation (Park et al. 2019), of each image `[batch]`: the Huber loss between student and teacher of its
 * distances to all images, in units of the mean distance in the batch (equations 5 to 7), times `distance`, and of the cosines
 * of all angles that two images make at it (equations 8 to 10), times `angle`. Both are means, over images and over pairs of
 * images. Embeddings are `[batch, length]`, of any two lengths.
 *
 * Distances and cosines come from the products of the embeddings alone: time and memory grow with batch² · length and, for
 * angles, batch³. The gradient flows to the student alone. The caller disposes the result.
 */
export function compareRelations(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { distance, angle }: { distance: number; angle: number },
): tf.Tensor1D {
  return tf.tidy(() => {
    const [ours, theirs] = [relate(student), relate(teacher)];
    const distances = tf.sub<tf.Tensor2D>(inUnitsOfMean(ours), inUnitsOfMean(theirs));
    const loss = tf.mul<tf.Tensor1D>(tf.mean(huber(distances), 1), distance);
    if (angle === 0) return loss;
    const cosines = tf.sub<tf.Tensor3D>(cosinesAt(ours), cosinesAt(theirs));
    const rows = tf.reshape(huber(cosines), [student.shape[0], -1]);
    return tf.add<tf.Tensor1D>(loss, tf.mul(tf.mean(rows, 1), angle));
  });
}

interface Relations {
  /** Of the embeddings around their mean, `[batch, batch]`. */
  readonly products: tf.Tensor2D;
  /** Their squared lengths, `[batch, 1]`. */
  readonly squares: tf.Tensor2D;
  /** `[batch, batch]`; 0 from an image to itself. */
  readonly distances: tf.Tensor2D;
}

function relate(embeddings: tf.Tensor2D): Relations {
  const [batch] = embeddings.shape;
  // Around their mean the products are small, so that their differences are exact.
  const centred = tf.sub<tf.Tensor2D>(embeddings, tf.mean(embeddings, 0, true));
  const products = multiplyRows(centred);
  // From the products too: where these take embeddings in 16 bits, distances are exactly those of the rounded ones.
  const squares = tf.sum<tf.Tensor2D>(tf.mul(products, tf.eye(batch)), 1, true);
  const squared = tf.add(tf.add(tf.mul(products, -2), squares), tf.reshape(squares, [1, batch]));
  // On the diagonal the root of 1 is taken, which has a gradient, and then left out.
  const roots = tf.sqrt(tf.add(tf.relu(squared), tf.add(tf.eye(batch), EPSILON)));
  return { products, squares, distances: tf.mul(roots, maskOfOthers(batch)) };
}

function inUnitsOfMean({ distances }: Relations): tf.Tensor2D {
  const pairs = Math.max(1, distances.size - distances.shape[0]);
  return tf.div(distances, tf.add(tf.mul(tf.sum(distances), 1 / pairs), EPSILON));
}

/** Cosines of the angles at each image between each two others, `[vertex, first, second]`; 0 where one of them is the vertex. */
function cosinesAt({ products, squares, distances }: Relations): tf.Tensor3D {
  const [batch] = products.shape;
  const inverse = tf.div(maskOfOthers(batch), tf.add(distances, tf.eye(batch)));
  const outer = tf.matMul(tf.reshape(inverse, [batch, batch, 1]), tf.reshape(inverse, [batch, 1, batch]));
  // (x - v)(y - v) = xy - vy - vx + vv; a matrix product repeats vy for every x.
  const repeated = tf.matMul(tf.fill([1, batch, 1], -1), tf.reshape(products, [batch, 1, batch]));
  const both = tf.add(repeated, tf.reshape(products, [1, batch, batch]));
  const sides = tf.add(tf.sub(both, tf.reshape(products, [batch, batch, 1])), tf.reshape(squares, [batch, 1, 1]));
  return tf.mul(sides, outer);
}
