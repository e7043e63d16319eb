import { STAGES, type TrainingStage } from '../../../../shared/run/stages.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { addStageTime, startStage } from '../../store/index.ts';
import { batchSize } from '../context/batches.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import { progressListener, type RunContext } from '../context/run-context.ts';
import { dressForLine } from '../context/without-labels.ts';
import type { Course } from './course.ts';
import type { Segment } from './segment.ts';

/** Times the stage that a course is in, reports its progress and tells of its begin and end. */
export class StageClock {
  readonly stage: TrainingStage;
  readonly #context: RunContext;
  readonly #batch: number;
  readonly #startedAt: number;
  #meter: ProgressMeter;
  #lapAt: number;

  constructor(context: RunContext, data: PreparedData, course: Course) {
    const { clock, listener, store, id } = context;
    this.stage = course.segment!.stage; // Only a course in training is timed.
    this.#context = context;
    const dressed = dressForLine(context, data, STAGES[this.stage].line);
    this.#batch = batchSize(dressed.context, dressed.data);
    this.#startedAt = clock.elapsedMs();
    this.#lapAt = this.#startedAt;
    this.#meter = this.#openMeter(course);
    startStage(store.db, id, this.stage, clock.now());
    const epochs = course.segments.filter(({ stage, endsEpoch }) => stage === this.stage && endsEpoch).length;
    listener({ type: 'stage.started', stage: this.stage, epochs });
  }

  advance(images: number): void {
    this.#meter.advance(images);
  }

  /** Goes on counting on the way to another end. */
  replan(course: Course): void {
    this.#meter = this.#openMeter(course);
  }

  #openMeter({ segments, position }: Course): ProgressMeter {
    const count = (some: readonly Segment[]) =>
      some
        .filter(({ stage }) => stage === this.stage)
        .reduce((sum, { firstBatch, endBatch }) => sum + endBatch - firstBatch, 0);
    const done = count(segments.slice(0, position.segment));
    const here = position.batch - (segments[position.segment]?.firstBatch ?? position.batch);
    return new ProgressMeter({
      stage: this.stage,
      total: count(segments) * this.#batch,
      done: (done + here) * this.#batch,
      unit: 'images',
      clock: this.#context.clock,
      listener: progressListener(this.#context.listener),
    });
  }

  /** Time since the last lap, milliseconds. */
  lapMs(): number {
    const now = this.#context.clock.elapsedMs();
    const lap = now - this.#lapAt;
    this.#lapAt = now;
    return lap;
  }

  finish(): void {
    const { store, id, listener, clock } = this.#context;
    addStageTime(store.db, id, this.stage, this.lapMs(), true);
    listener({ type: 'stage.finished', stage: this.stage, elapsedMs: clock.elapsedMs() - this.#startedAt });
  }
}
