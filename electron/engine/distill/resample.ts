import * as tf from '@tensorflow/tfjs-core';

/** How one extent becomes another: row `i` has the weight of each old place in the new place `i`, `[to][from]`. */
export type Resampling = readonly (readonly number[])[];

/** Each new place is the nearest old one. */
export function nearestPlaces(from: number, to: number): Resampling {
  return makeRows(to, from, (place, old) => (Math.floor((place * from) / to) === old ? 1 : 0));
}

/** Each new place is the mean of its share of the old ones, rounded outwards; what adaptive average pooling does. */
export function meanPlaces(from: number, to: number): Resampling {
  return makeRows(to, from, (place, old) => {
    const first = Math.floor((place * from) / to);
    const end = Math.ceil(((place + 1) * from) / to);
    return old >= first && old < end ? 1 / (end - first) : 0;
  });
}

/** Each new place is between its two neighbours, where the middles of both ends coincide. */
export function linearPlaces(from: number, to: number): Resampling {
  return makeRows(to, from, (place, old) => {
    const at = Math.min(Math.max(((place + 0.5) * from) / to - 0.5, 0), from - 1);
    return Math.max(0, 1 - Math.abs(at - old));
  });
}

/**
 * Maps `[batch, height, width, channels]` at another height and width, each along its own resampling: two matrix products, and
 * two in the gradient. The caller disposes the result.
 */
export function resample(x: tf.Tensor4D, rows: Resampling, columns: Resampling): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const [newHeight, newWidth] = [rows.length, columns.length];
  return tf.tidy(() => {
    const flat = tf.reshape(x, [batch, height, width * channels]);
    const tall = tf.matMul(toTensor(rows, height), flat);
    const lines = tf.reshape(tall, [batch * newHeight, width, channels]);
    const wide = tf.matMul(toTensor(columns, width), lines);
    return tf.reshape(wide, [batch, newHeight, newWidth, channels]);
  });
}

function makeRows(to: number, from: number, weight: (place: number, old: number) => number): Resampling {
  return Array.from({ length: to }, (_, place) => Array.from({ length: from }, (_, old) => weight(place, old)));
}

/** `[1, to, from]`: one matrix for all images. */
function toTensor(resampling: Resampling, from: number): tf.Tensor3D {
  return tf.tensor3d(resampling.flat(), [1, resampling.length, from]);
}
