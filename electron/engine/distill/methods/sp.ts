import * as tf from '@tensorflow/tfjs-core';
import { type MethodModule, statelessMethod } from '../method.ts';
import { multiplyRows, normalizeRows } from '../relations.ts';

export const method: MethodModule<'sp'> = {
  open: () =>
    // The table says that it needs maps, of which there is one pair at least.
    statelessMethod(({ levels }) => compareSimilarities(levels[0]!.student, levels[0]!.teacher)),
};

/**
 * Similarity-preserving distillation (Tung & Mori 2019, equations 1 to 4), of each image `[batch]`: products of its map with
 * the map of every image of the batch, as a vector of length 1, for student and teacher; the mean squared difference of the
 * two. Maps are `[batch, height, width, channels]` and may differ in all but the batch. The gradient flows to the student
 * alone, through the rows of all images. The caller disposes the result.
 */
export function compareSimilarities(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Tensor1D {
  return tf.tidy(() => tf.mean<tf.Tensor1D>(tf.square(tf.sub(similarities(student), similarities(teacher))), 1));
}

/** `[batch, batch]`, rows of length 1. */
function similarities(map: tf.Tensor4D): tf.Tensor2D {
  const [batch] = map.shape;
  return normalizeRows(multiplyRows(tf.reshape(map, [batch, map.size / batch])));
}
