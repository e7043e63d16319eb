import * as tf from '@tensorflow/tfjs-core';
import type { Embeddings } from './embeddings.ts';

/** Of e^(-2 · squared distance) (Wang & Isola 2020, who take 2 as well). */
const SHARPNESS = 2;

/**
 * Mean squared distance between embeddings of two views of the same images: 0 where a network does not see what was changed
 * (alignment, Wang & Isola 2020, with the exponent 2).
 */
export function measureAlignment(first: Embeddings, second: Embeddings): number {
  const images = first.labels.length;
  let squares = 0;
  for (const [i, value] of first.rows.entries()) squares += (value - second.rows[i]!) ** 2;
  return squares / images;
}

/**
 * Logarithm of the mean, over all pairs of different images, of e^(-2 · squared distance): 0 where all embeddings are the same,
 * -4 where they are spread over a sphere of many dimensions (uniformity, Wang & Isola 2020). At least two images. Leaves no
 * tensors behind.
 */
export function measureUniformity({ rows, labels, length }: Embeddings): number {
  const images = labels.length;
  const cosines = tf.tidy(() => {
    const x = tf.tensor2d(rows, [images, length]);
    return tf.matMul(x, x, false, true).dataSync<'float32'>();
  });
  let total = 0;
  for (let i = 0; i < images; i++)
    for (let j = 0; j < i; j++) total += Math.exp(-SHARPNESS * (2 - 2 * cosines[i * images + j]!));
  return Math.log(total / ((images * (images - 1)) / 2));
}

/**
 * How far embeddings of length 1 lie from their mean, root mean square: 1 where they are spread evenly around 0, 0 where all are
 * the same, which is what a collapsed network gives. The root of the sum over the dimensions of their variances.
 */
export function measureDeviation({ rows, labels, length }: Embeddings): number {
  const sums = new Float64Array(length);
  for (const [i, value] of rows.entries()) sums[i % length]! += value;
  let squares = 0;
  for (const [i, value] of rows.entries()) squares += (value - sums[i % length]! / labels.length) ** 2;
  return Math.sqrt(squares / labels.length);
}
