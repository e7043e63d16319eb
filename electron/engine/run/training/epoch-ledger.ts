import type { HardImage } from '../../../../shared/run/report.ts';
import type { TrainResult } from '../../train/index.ts';
import { findHardest } from './hardest-images.ts';

/** What has been gathered of an epoch that is trained in several segments; plain data, for checkpoints. */
export interface EpochLedger {
  readonly images: number;
  readonly elapsedMs: number;
  readonly learningRate: number;
  /** Images guessed right, as augmented. */
  readonly correct: number;
  /** Sums over the images, by part of the loss. */
  readonly sums: Readonly<Record<string, number>>;
  /** Steps that were left out. */
  readonly skippedSteps: number;
  /** After the last step; null where the loss is not scaled. */
  readonly lossScale: number | null;
  /** The hardest images until now, and those that are watched. */
  readonly hardest: readonly HardImage[];
}

export const EMPTY_LEDGER: EpochLedger = {
  images: 0,
  elapsedMs: 0,
  learningRate: 0,
  correct: 0,
  sums: {},
  skippedSteps: 0,
  lossScale: null,
  hardest: [],
};

/** Adds a segment's result; `watched` are images that are kept though others are harder. */
export function addToLedger(
  ledger: EpochLedger,
  result: TrainResult,
  watched: ReadonlySet<number> = new Set(),
): EpochLedger {
  if (result.images === 0) return ledger;
  const sums: Record<string, number> = { ...ledger.sums };
  for (const [part, mean] of Object.entries(result.losses)) sums[part] = (sums[part] ?? 0) + mean * result.images;
  return {
    images: ledger.images + result.images,
    elapsedMs: ledger.elapsedMs + result.elapsedMs,
    learningRate: result.learningRate,
    correct: ledger.correct + result.top1 * result.images,
    sums,
    skippedSteps: ledger.skippedSteps + result.skippedSteps,
    lossScale: result.lossScale,
    hardest: result.scores ? findHardest(ledger.hardest, result.scores, watched) : ledger.hardest,
  };
}

/** Mean of every part over the epoch's images. */
export function ledgerMeans({ images, sums }: EpochLedger): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([part, sum]) => [part, sum / Math.max(1, images)]));
}
