import type { Outcome, Segment, TrainingFacts } from '../segment.ts';

/** The next segment of a stage, or what is over. */
export type NextInStage = Segment | 'stage over' | 'line over';

/** What a stage does that its entry in `shared/run/stages.ts` does not say. */
export interface StageBehaviour {
  /**
   * Decides what the stage trains next. It decides alike whenever it is asked the same, so that a run that is resumed goes
   * on alike; a segment's epoch is at least the stage's first one, and its `epochs` are those of its line.
   *
   * @param after the segment of this stage that is done; null: the stage begins
   * @param outcome what came of it; where a plan is drawn up, nothing special
   */
  next(facts: TrainingFacts, after: Segment | null, outcome: Outcome): NextInStage;
}
