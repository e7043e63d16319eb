import * as tf from '@tensorflow/tfjs-core';
import type { FeatureLevel } from './method.ts';

/**
 * Mean of a loss `[batch]` over the paired levels, so that its size does not depend on how many there are. The caller
 * disposes the result.
 */
export function averageOver(levels: readonly FeatureLevel[], loss: (level: FeatureLevel) => tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => tf.mul<tf.Tensor1D>(tf.addN(levels.map(loss)), 1 / levels.length));
}
