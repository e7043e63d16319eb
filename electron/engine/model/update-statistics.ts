import * as tf from '@tensorflow/tfjs-core';
import { type UpdateGuard, updateEma } from '../compute/index.ts';
import type { BatchStatistics } from './forward.ts';
import type { Parameters } from './parameters.ts';

/**
 * Moves the running statistics of batch norm towards those of a batch, as PyTorch does:
 * `running = (1 - momentum) · running + momentum · batch`, with the unbiased variance of the batch. The statistics stay
 * the caller's to dispose. A guard may forbid the move.
 */
export function updateStatistics(
  parameters: Parameters,
  statistics: readonly BatchStatistics[],
  momentum = 0.1,
  guard?: UpdateGuard,
): void {
  for (const { node, mean, variance, count } of statistics) {
    updateEma(parameters.get(`${node}/mean`), mean, 1 - momentum, guard);
    const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
    updateEma(parameters.get(`${node}/variance`), unbiased, 1 - momentum, guard);
    unbiased.dispose();
  }
}
