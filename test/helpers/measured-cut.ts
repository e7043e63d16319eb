import type { Cut } from '../../shared/run/report.ts';

/** A cut before which the sensitivity of three layers was measured. */
export function createMeasuredCut(): Cut {
  const points = (removed: readonly number[], top1: readonly number[]) =>
    [0, ...removed].map((each, i) => ({ removed: each, top1: [0.9, ...top1][i]! }));
  return {
    cut: 1,
    epoch: 4,
    macsBefore: 26_400_000,
    macsAfter: 21_000_000,
    parametersBefore: 2_200_000,
    parametersAfter: 1_800_000,
    channelsRemoved: 40,
    sensitivity: [
      { layer: 'stem', channels: 16, points: points([2, 4, 8, 12], [0.8, 0.7, 0.5, 0.1]) },
      { layer: 'block1/expand', channels: 32, points: points([4, 8, 16, 24], [0.9, 0.91, 0.9, 0.85]) },
      { layer: 'narrow', channels: 3, points: points([1, 2], [0.8, 0.6]) },
    ],
  };
}
