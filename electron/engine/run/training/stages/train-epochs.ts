import {
  countLineEpochs,
  findCutEpochs,
  firstEpoch,
  type Line,
  leadsToBranch,
  STAGES,
  type TrainingStage,
} from '../../../../../shared/run/stages.ts';
import { countLineBatches, type Outcome, type Segment, type TrainingFacts } from '../segment.ts';
import type { NextInStage, StageBehaviour } from './stage-behaviour.ts';

/** Optimizer steps between two checkpoints, at most. */
const LONGEST_SEGMENT = 400;

/** What most stages do: they train the epochs that the recipe gives them, or fewer where patience ends their line. */
export function trainEpochs(stage: TrainingStage): StageBehaviour {
  return {
    next(facts: TrainingFacts, after: Segment | null, { outOfPatience }: Outcome): NextInStage {
      const first = firstEpoch(stage, facts.recipe);
      const end = first + STAGES[stage].epochs(facts.recipe);
      if (after && !after.endsEpoch)
        return layOutSegment(facts, stage, { epoch: after.epoch, firstBatch: after.endBatch });
      if (after && outOfPatience && !leadsToBranch(stage)) return 'line over';
      const epoch = after ? after.epoch + 1 : first;
      return epoch < end ? layOutSegment(facts, stage, { epoch, firstBatch: 0 }) : 'stage over';
    },
  };
}

/** The segment that begins at a batch. It ends at a cut, after as many steps as a segment may have, or with the epoch. */
export function layOutSegment(
  facts: TrainingFacts,
  stage: TrainingStage,
  { epoch, firstBatch }: { epoch: number; firstBatch: number },
): Segment {
  const { line } = STAGES[stage];
  const batchesPerEpoch = countLineBatches(facts, line);
  const start = epoch * batchesPerEpoch;
  const cuts = listCutSteps(line, facts);
  const longest = LONGEST_SEGMENT * (Math.floor(firstBatch / LONGEST_SEGMENT) + 1);
  const nextCuts = cuts.map((step) => step - start).filter((batch) => batch > firstBatch);
  const endBatch = Math.min(batchesPerEpoch, longest, ...nextCuts);
  const cut = cuts.lastIndexOf(start + endBatch) + 1;
  return {
    stage,
    epoch,
    epochs: countLineEpochs(line, facts.recipe),
    firstBatch,
    endBatch,
    endsEpoch: endBatch === batchesPerEpoch,
    cut: cut > 0 ? cut : null,
  };
}

/** Cuts of a search: the first puts the channels in order, the second leaves the network that was found. */
export const SEARCH_CUTS = 2;

/**
 * After how many steps of a line each cut is made: cut `i` of `n` is `i / n` of the way through the epochs that cut, the
 * first where they begin, so that distillation follows every cut, the last one included. A search has one where its epochs begin
 * and one at their end.
 */
export function listCutSteps(line: Line, facts: TrainingFacts): number[] {
  const { recipe } = facts;
  const epochs = findCutEpochs(line, recipe);
  const { macs, parameters, latencyMs, steps } = recipe.prune;
  if (!epochs || (macs === null && parameters === null && latencyMs === null)) return [];
  const perEpoch = countLineBatches(facts, line);
  if (recipe.search.epochs > 0) return [Math.max(1, epochs.first * perEpoch), (epochs.first + epochs.count) * perEpoch];
  return Array.from({ length: steps }, (_, i) =>
    // Never before the first batch: importance is read from gradients.
    Math.max(1, Math.round((epochs.first + (epochs.count * i) / steps) * perEpoch)),
  );
}
