import type { Recipe } from '../../../../shared/run/recipe.ts';

export type TrainingStage = 'teacher' | 'warm-up' | 'prune' | 'fine-tune' | 'baseline';

/**
 * A stretch of training that ends in a checkpoint: batches `[firstBatch, endBatch)` of one epoch. The three student
 * stages share one line of epochs and one learning-rate schedule; the baseline branches off where warm-up ends and
 * lives through the same epochs without a cut.
 */
export interface Segment {
  stage: TrainingStage;
  /** Epoch on the network's own line, from 0. */
  epoch: number;
  /** All epochs on that line: what learning-rate and loss-weight schedules run over. */
  epochs: number;
  firstBatch: number;
  endBatch: number;
  endsEpoch: boolean;
  /** Number (from 1) of the cut that follows this segment, or null. */
  cut: number | null;
}

/** Optimizer steps between two checkpoints, at most. */
const LONGEST_SEGMENT = 400;

/**
 * Lays out all training of a run as segments, in order.
 *
 * Cut `i` of `n` happens `i / n` of the way through the pruning epochs, the first where warm-up ends, so that
 * distillation follows every cut, the last one included.
 */
export function planTraining(recipe: Pick<Recipe, 'train' | 'prune'>, batchesPerEpoch: number): Segment[] {
  const { teacherEpochs, warmUpEpochs, pruneEpochs, fineTuneEpochs, baseline } = recipe.train;
  const studentEpochs = warmUpEpochs + pruneEpochs + fineTuneEpochs;
  const steps = recipe.prune.macs === null && recipe.prune.parameters === null ? 0 : recipe.prune.steps;
  const cuts = Array.from({ length: steps }, (_, i) =>
    // Never before the first batch: importance is read from gradients.
    Math.max(1, Math.round((warmUpEpochs + (pruneEpochs * i) / steps) * batchesPerEpoch)),
  );

  const segments: Segment[] = [];
  for (let epoch = 0; epoch < teacherEpochs; epoch++) segments.push(...split('teacher', epoch, teacherEpochs, []));
  for (let epoch = 0; epoch < studentEpochs; epoch++) {
    const stage = epoch < warmUpEpochs ? 'warm-up' : epoch < warmUpEpochs + pruneEpochs ? 'prune' : 'fine-tune';
    segments.push(...split(stage, epoch, studentEpochs, cuts));
  }
  if (baseline)
    for (let epoch = warmUpEpochs; epoch < studentEpochs; epoch++)
      segments.push(...split('baseline', epoch, studentEpochs, []));
  return segments;

  /** Ends of segments are cuts, multiples of the longest segment, and the end of the epoch. */
  function split(stage: TrainingStage, epoch: number, epochs: number, cutSteps: readonly number[]): Segment[] {
    const ends = new Set([batchesPerEpoch]);
    for (let end = LONGEST_SEGMENT; end < batchesPerEpoch; end += LONGEST_SEGMENT) ends.add(end);
    const start = epoch * batchesPerEpoch;
    for (const cut of cutSteps) if (cut > start && cut < start + batchesPerEpoch) ends.add(cut - start);
    const sorted = [...ends].sort((a, b) => a - b);
    return sorted.map((endBatch, i) => {
      const cut = cutSteps.lastIndexOf(start + endBatch) + 1;
      return {
        stage,
        epoch,
        epochs,
        firstBatch: i === 0 ? 0 : sorted[i - 1]!,
        endBatch,
        endsEpoch: endBatch === batchesPerEpoch,
        cut: cut > 0 ? cut : null,
      };
    });
  }
}

/** Where in its plan a run is: the next segment, and the next batch in that segment's epoch. */
export interface Position {
  readonly segment: number;
  readonly batch: number;
}

/** Batches that a student trains for at least before it is cut at once: its channels are scored by their gradients. */
const BATCHES_BEFORE_CUT = 20;

/**
 * The plan of a run that was asked, at `place` in the student's or the baseline's training, to train no further than it
 * needs: the cuts that are left are made as one, at once, and nothing follows. A baseline that is not complete, or never
 * began, is left out; it would be no fair comparison.
 */
export function shortenPlan(segments: readonly Segment[], place: Position, batchesPerEpoch: number): Segment[] {
  const behind = segments.slice(0, place.segment);
  const segment = segments[place.segment];
  if (!segment || segment.stage === 'baseline') return behind;
  const cuts = segments.slice(place.segment).flatMap(({ cut }) => cut ?? []);
  const cut = cuts.at(-1) ?? null;
  const begun = segment.epoch > 0 || place.batch > 0;
  const least = cut !== null ? place.batch + BATCHES_BEFORE_CUT : begun ? 0 : BATCHES_BEFORE_CUT;
  const endBatch = Math.min(batchesPerEpoch, Math.max(place.batch, least));
  return [...behind, { ...segment, endBatch, endsEpoch: endBatch > 0, cut }];
}
