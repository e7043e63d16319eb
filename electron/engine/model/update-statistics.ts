import { type UpdateGuard, updateAverages } from '../compute/index.ts';
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
  const moved = statistics.flatMap(({ node, mean, variance, count }) => [
    { average: parameters.get(`${node}/mean`), value: mean },
    { average: parameters.get(`${node}/variance`), value: variance, factor: count / Math.max(1, count - 1) },
  ]);
  updateAverages(moved, 1 - momentum, guard);
}
