import * as tf from '@tensorflow/tfjs-core';
import { sumOfSquares } from '../compute/index.ts';

/**
 * Scales gradients down together so that their common L2 norm is at most `limit` (Pascanu et al. 2013; PyTorch's
 * `clip_grad_norm_`). Everything stays on the device. Call inside `tf.tidy`; the results are new tensors.
 */
export function clipGradients(gradients: ReadonlyMap<string, tf.Tensor>, limit: number): Map<string, tf.Tensor> {
  const norm = tf.sqrt(sumOfSquares([...gradients.values()]));
  const scale = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1);
  return new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, scale)]));
}
