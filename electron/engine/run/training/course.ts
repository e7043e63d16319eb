import { TRAINING_STAGES } from '../../../../shared/run/stages.ts';
import type { StoredPlace } from '../../../../shared/stored/run-forms.ts';
import { nextSegment, type Position, planTraining, shortenPlan } from './plan.ts';
import type { Outcome, Segment, TrainingFacts } from './segment.ts';

/** A run's way through its training: where it is, and what is expected to follow. */
export class Course {
  readonly #facts: TrainingFacts;
  #segments: readonly Segment[];
  #position: Position = { segment: 0, batch: 0 };
  #finishesEarly = false;

  /** @param finish where the run was asked to finish early; null: it was not */
  constructor(facts: TrainingFacts, finish: StoredPlace | null) {
    this.#facts = facts;
    this.#segments = planTraining(facts);
    if (!finish) return;
    this.goTo(finish);
    this.finishEarly();
    this.#position = { segment: 0, batch: 0 };
  }

  /** What was trained or left out, and what is expected to be trained; another list whenever that changes. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get position(): Position {
    return this.#position;
  }

  /** To train next; null: training is over. */
  get segment(): Segment | null {
    return this.#segments[this.#position.segment] ?? null;
  }

  /** The position as it is to be stored. */
  get place(): StoredPlace {
    return { segment: this.segment, batch: this.#position.batch };
  }

  goTo({ segment, batch }: StoredPlace): void {
    this.#position = { segment: this.#indexOf(segment), batch };
  }

  /** Goes on within the segment. */
  reach(batch: number): void {
    this.#position = { ...this.#position, batch };
  }

  /** Goes on to what follows the segment, given what came of it. */
  advance(outcome: Outcome): void {
    this.#position = this.#after(outcome);
  }

  /** What `advance` would lead to; null: training would be over. */
  preview(outcome: Outcome): Segment | null {
    const ends = this.#finishesEarly && this.#position.segment >= this.#segments.length - 1;
    return ends || !this.segment ? null : nextSegment(this.#facts, this.segment, outcome);
  }

  /** Trains no further than it needs from here on. See `shortenPlan`. */
  finishEarly(): void {
    this.#segments = shortenPlan(this.#segments, this.#position, this.#facts.batchesPerEpoch);
    this.#finishesEarly = true;
  }

  #after(outcome: Outcome): Position {
    const next = this.preview(outcome);
    return next ? { segment: this.#find(next), batch: next.firstBatch } : { segment: this.#segments.length, batch: 0 };
  }

  #indexOf(segment: StoredPlace['segment']): number {
    const end = this.#segments.length;
    if (segment === null) return end;
    return 'inPlan' in segment ? Math.min(segment.inPlan, end) : this.#find(segment);
  }

  /** The index of a segment; where a stage has decided on one that nobody expected, the list is laid out anew from there. */
  #find(segment: Segment): number {
    const known = this.#segments.findIndex((candidate) => compareSegments(candidate, segment) === 0);
    if (known >= 0) return known;
    if (this.#finishesEarly) return this.#segments.length; // It was left out.
    const before = this.#segments.filter((candidate) => compareSegments(candidate, segment) < 0);
    this.#segments = [...before, segment, ...planTraining(this.#facts, segment)];
    return before.length;
  }
}

/** Below 0 where the first is trained before the second, 0 where they are the same. */
function compareSegments(a: Segment, b: Segment): number {
  const order = TRAINING_STAGES.indexOf(a.stage) - TRAINING_STAGES.indexOf(b.stage);
  return order || a.epoch - b.epoch || a.firstBatch - b.firstBatch;
}
