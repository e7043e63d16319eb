import { LINES, STAGES, TRAINING_STAGES } from '../../../../shared/run/stages.ts';
import { countLineBatches, NOTHING_SPECIAL, type Outcome, type Segment, type TrainingFacts } from './segment.ts';
import { STAGE_BEHAVIOURS } from './stages/index.ts';
import { layOutSegment, listCutSteps } from './stages/train-epochs.ts';

/** Batches that a student trains for at least before it is cut at once: its channels are scored by their gradients. */
const BATCHES_BEFORE_CUT = 20;

/** What is trained after a segment and what came of it, or first of all; null: training is over. */
export function nextSegment(
  facts: TrainingFacts,
  after: Segment | null = null,
  outcome: Outcome = NOTHING_SPECIAL,
): Segment | null {
  const next = decideNext(facts, after, outcome);
  return after ? makeUpForCuts(facts, after, next) : next;
}

function decideNext(facts: TrainingFacts, after: Segment | null, outcome: Outcome): Segment | null {
  let ahead = TRAINING_STAGES;
  if (after) {
    const next = STAGE_BEHAVIOURS[after.stage].next(facts, after, outcome);
    if (typeof next === 'object') return next;
    ahead = ahead.slice(ahead.indexOf(after.stage) + 1);
    if (next === 'line over') ahead = ahead.filter((stage) => STAGES[stage].line !== STAGES[after.stage].line);
  }
  for (const stage of ahead) {
    const first = STAGE_BEHAVIOURS[stage].next(facts, null, NOTHING_SPECIAL);
    if (typeof first === 'object') return first;
  }
  return null;
}

/** Cuts of epochs that a stage has left out are made soon after, so that the student always meets its budget. */
function makeUpForCuts(facts: TrainingFacts, after: Segment, next: Segment | null): Segment | null {
  const { line } = STAGES[after.stage];
  const goesOn = next !== null && STAGES[next.stage].line === line;
  const stepAt = (epoch: number, batch: number) => epoch * countLineBatches(facts, line) + batch;
  const from = stepAt(after.epoch, after.endBatch);
  const to = goesOn ? stepAt(next.epoch, next.firstBatch) : Number.POSITIVE_INFINITY;
  const due = listCutSteps(line, facts).findLastIndex((step) => step > from && step <= to) + 1;
  if (due <= (after.cut ?? 0)) return next; // None, or made up for.
  const first = goesOn ? next : layOutSegment(facts, after.stage, { epoch: after.epoch + 1, firstBatch: 0 });
  const endBatch = first.firstBatch + BATCHES_BEFORE_CUT;
  if (first.endBatch <= endBatch) return { ...first, cut: Math.max(due, first.cut ?? 0) };
  return { ...first, endBatch, endsEpoch: !goesOn, cut: due };
}

/** All that is expected to be trained after a segment, or in all: where each segment leads to nothing special. */
export function planTraining(facts: TrainingFacts, after: Segment | null = null): Segment[] {
  const segments: Segment[] = [];
  for (let next = nextSegment(facts, after); next; next = nextSegment(facts, next)) segments.push(next);
  return segments;
}

/** Where in its plan a run is: the next segment, and the next batch in that segment's epoch. */
export interface Position {
  readonly segment: number;
  readonly batch: number;
}

/**
 * The plan of a run that was asked, at `place`, to train no further than it needs: the cuts that are left are made as one, at
 * once, and nothing follows. A line that a run is whole without is left out where it is not complete, or never began; it
 * would be no fair comparison.
 */
export function shortenPlan(segments: readonly Segment[], place: Position, batchesPerEpoch: number): Segment[] {
  const behind = segments.slice(0, place.segment);
  const segment = segments[place.segment];
  if (!segment || LINES[STAGES[segment.stage].line].whenFinishedEarly === 'drop') return behind;
  const cuts = segments.slice(place.segment).flatMap(({ cut }) => cut ?? []);
  const cut = cuts.at(-1) ?? null;
  const begun = segment.epoch > 0 || place.batch > 0;
  const least = cut !== null ? place.batch + BATCHES_BEFORE_CUT : begun ? 0 : BATCHES_BEFORE_CUT;
  const endBatch = Math.min(batchesPerEpoch, Math.max(place.batch, least));
  return [...behind, { ...segment, endBatch, endsEpoch: endBatch > 0, cut }];
}
