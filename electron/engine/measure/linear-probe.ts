import * as tf from '@tensorflow/tfjs-core';
import type { Embeddings } from './embeddings.ts';

/** Pull of the weights towards zero, beside a mean over images. */
const DECAY = 1e-4;
const STEPS = 500;
/** The curvature of softmax with cross-entropy is at most this (Böhning 1992). */
const CURVATURE = 0.5;

/** A linear classifier of embeddings. */
export interface LinearProbe {
  /** `[length, classes]`. */
  readonly weights: Float32Array;
  /** `[classes]`. */
  readonly biases: Float32Array;
}

/**
 * Multinomial logistic regression on embeddings: minimizes the mean cross-entropy plus half of `decay` times the squared weights
 * (not the biases), of embeddings whose mean is subtracted and whose mean square length is 1. By Nesterov's accelerated gradient
 * from zeros, with a step that no curvature is too large for, so that the same embeddings give the same classifier. Leaves no
 * tensors behind.
 *
 * @param known labelled images, at least one
 */
export async function fitProbe(
  { rows, labels, length }: Embeddings,
  classes: number,
  { decay = DECAY, steps = STEPS }: { decay?: number; steps?: number } = {},
): Promise<LinearProbe> {
  const images = labels.length;
  const { centre, scale } = describeFeatures(rows, length);
  const fitted = tf.tidy(() => {
    const x = tf.mul<tf.Tensor2D>(tf.sub(tf.tensor2d(rows, [images, length]), tf.tensor1d(centre)), scale);
    const y = tf.oneHot(tf.tensor1d(labels, 'int32'), classes) as tf.Tensor2D;
    // No direction of the features, nor the constant that biases stand beside, has a mean square above 1.
    return descend(x, y, { rate: 1 / (CURVATURE + decay), decay, steps });
  });
  const [scaled, offsets] = [await fitted.weights.data<'float32'>(), await fitted.biases.data<'float32'>()];
  tf.dispose([fitted.weights, fitted.biases]);
  // Of embeddings as they are.
  const weights = scaled.map((weight) => weight * scale);
  const biases = offsets.map((offset, c) => {
    let sum = offset;
    for (let i = 0; i < length; i++) sum -= centre[i]! * weights[i * classes + c]!;
    return sum;
  });
  return { weights, biases };
}

/** Share of images whose class a probe tells. Of equal classes, the first counts. */
export function measureProbe({ weights, biases }: LinearProbe, { rows, labels, length }: Embeddings): number {
  const classes = biases.length;
  const logits = tf.tidy(() =>
    tf
      .add(
        tf.matMul(tf.tensor2d(rows, [labels.length, length]), tf.tensor2d(weights, [length, classes])),
        tf.tensor1d(biases),
      )
      .dataSync<'float32'>(),
  );
  let right = 0;
  for (const [image, label] of labels.entries()) {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) right++;
  }
  return right / labels.length;
}

/** Mean of each feature, and what brings the mean square length about it to 1. */
function describeFeatures(rows: Float32Array, length: number): { centre: Float32Array; scale: number } {
  const images = rows.length / length;
  const sums = new Float64Array(length);
  for (const [i, value] of rows.entries()) sums[i % length]! += value;
  const centre = Float32Array.from(sums, (sum) => sum / images);
  let squares = 0;
  for (const [i, value] of rows.entries()) squares += (value - centre[i % length]!) ** 2;
  return { centre, scale: squares > 0 ? Math.sqrt(images / squares) : 1 };
}

function descend(
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  { rate, decay, steps }: { rate: number; decay: number; steps: number },
): { weights: tf.Tensor2D; biases: tf.Tensor1D } {
  const [images, length] = x.shape;
  const classes = y.shape[1];
  type Point = { weights: tf.Tensor2D; biases: tf.Tensor1D };
  let here: Point = { weights: tf.zeros([length, classes]), biases: tf.zeros([classes]) };
  let before = here;
  for (let step = 0; step < steps; step++) {
    const next = tf.tidy((): Point => {
      const momentum = step / (step + 3);
      const ahead = <T extends tf.Tensor>(now: T, last: T) => tf.add<T>(now, tf.mul(tf.sub(now, last), momentum));
      const weights = ahead(here.weights, before.weights);
      const biases = ahead(here.biases, before.biases);
      const errors = tf.div<tf.Tensor2D>(tf.sub(tf.softmax(tf.add(tf.matMul(x, weights), biases)), y), images);
      const slope = tf.add(tf.matMul(x, errors, true), tf.mul(weights, decay));
      return {
        weights: tf.sub(weights, tf.mul(slope, rate)),
        biases: tf.sub(biases, tf.mul(tf.sum<tf.Tensor1D>(errors, 0), rate)),
      };
    });
    if (before !== here) tf.dispose([before.weights, before.biases]);
    [before, here] = [here, next];
  }
  return here;
}
