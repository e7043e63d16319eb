import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { Cut, EpochMetrics } from '../../../../shared/run/report.ts';
import { LINES, type Line, type TrainingStage } from '../../../../shared/run/stages.ts';

/** A stretch of training that ends in a checkpoint: batches `[firstBatch, endBatch)` of one epoch. */
export interface Segment {
  readonly stage: TrainingStage;
  /** Epoch on the network's own line, from 0. */
  readonly epoch: number;
  /** All epochs on that line: what learning-rate and loss-weight schedules run over. */
  readonly epochs: number;
  readonly firstBatch: number;
  readonly endBatch: number;
  readonly endsEpoch: boolean;
  /** Number (from 1) of the cut that follows this segment, or null. */
  readonly cut: number | null;
}

/** What decides how a run is trained, before any of it is. */
export interface TrainingFacts {
  readonly recipe: Recipe;
  readonly batchesPerEpoch: number;
  /** Of a line without labels, which has images of its own; left out: as many. */
  readonly batchesWithoutLabels?: number;
}

/** Batches in an epoch of a line. */
export function countLineBatches(
  { batchesPerEpoch, batchesWithoutLabels = batchesPerEpoch }: TrainingFacts,
  line: Line,
): number {
  return LINES[line].labelled ? batchesPerEpoch : batchesWithoutLabels;
}

/** What came of a segment. */
export interface Outcome {
  /** Of the epoch that it ended; null where it ended none. */
  readonly metrics: EpochMetrics | null;
  /** That was made after it; null where none was due, or the budget was met already. */
  readonly cut: Cut | null;
  /** Whether validation has not improved for as long as the recipe has patience. */
  readonly outOfPatience: boolean;
}

/** What is expected of every segment. */
export const NOTHING_SPECIAL: Outcome = { metrics: null, cut: null, outOfPatience: false };
