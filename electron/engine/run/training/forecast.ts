import { type Line, STAGES } from '../../../../shared/run/stages.ts';
import { countNetwork } from '../../model/index.ts';
import { batchSize } from '../context/batches.ts';
import { checkBudget } from '../context/budget.ts';
import { describeModel } from '../context/models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Position } from './plan.ts';
import type { Segment } from './segment.ts';
import { countWorkload, type Workload } from './workload.ts';

/** Nothing is said of the time left before so much has been measured. */
const [HONEST_AFTER_MS, HONEST_AFTER_STEPS] = [3000, 10];
/** The speed is that of the recent past. */
const WINDOW_MS = 60_000;
/** Milliseconds between two words about it. */
const INTERVAL_MS = 500;

type ForecastContext = Pick<RunContext, 'recipe' | 'clock' | 'listener' | 'fileTeacher' | 'latency' | 'random'>;

/**
 * Tells how much of a run is done, and how long the rest takes: what is left of the plan, at the speed measured in this very
 * run. A network that has not been trained yet is taken to be as fast for its size as the one before.
 */
export class Forecast {
  readonly #context: ForecastContext;
  readonly #data: Pick<PreparedData, 'classes' | 'splits' | 'searchImages'>;
  /** Milliseconds for a multiply-accumulate, of each line that was measured. */
  readonly #speeds = new Map<Line, number>();
  #segments: readonly Segment[] = [];
  #workload: Workload = { segments: [], measure: { macs: 0, ms: 0 }, export: { macs: 0, ms: 0 } };
  #cutMacs: number | undefined;
  #marks: { atMs: number; macs: number }[] = [];
  #line: Line | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(context: ForecastContext, data: Pick<PreparedData, 'classes' | 'splits' | 'searchImages'>) {
    this.#context = context;
    this.#data = data;
  }

  /** What there is to train; again where that changes. */
  plan(segments: readonly Segment[]): void {
    const { recipe, fileTeacher } = this.#context;
    const classes = this.#data.classes.length;
    const { train, validation, test, unlabelled } = this.#data.splits;
    const student = describeModel(recipe, 'student', classes);
    this.#cutMacs ??= checkBudget(this.#context, student).macs;
    this.#segments = segments;
    this.#workload = countWorkload(segments, {
      recipe,
      teacher: fileTeacher?.description ?? countNetwork(describeModel(recipe, 'teacher', classes)),
      student,
      cutMacs: this.#cutMacs,
      batch: batchSize(this.#context, this.#data),
      images: {
        train: train.length,
        validation: validation.length + (this.#data.searchImages?.length ?? 0),
        test: test.length,
        unlabelled: unlabelled.length,
      },
    });
    this.#marks = [];
  }

  /** Training has come so far. */
  reach({ segment: index, batch }: Position): void {
    const segment = this.#segments[index];
    if (!segment) return;
    const share = (batch - segment.firstBatch) / Math.max(1, segment.endBatch - segment.firstBatch);
    const here = this.#workload.segments[index]!;
    const done = sum(this.#workload.segments.slice(0, index)) + share * here;
    this.#measure(STAGES[segment.stage].line, done);
    const now = this.#context.clock.elapsedMs();
    if (now - this.#toldAt < INTERVAL_MS) return;
    this.#toldAt = now;
    this.#tell(done, this.#timeTraining(index, (1 - share) * here));
  }

  /** Training is over, and this is next. */
  begin(stage: 'measure' | 'export'): void {
    const { segments, measure } = this.#workload;
    this.#tell(sum(segments) + (stage === 'export' ? measure.macs : 0), 0, stage === 'measure');
  }

  #tell(doneMacs: number, trainingMs: number | null, measures = true): void {
    const { segments, measure, export: exporting } = this.#workload;
    const total = sum(segments) + measure.macs + exporting.macs;
    const speed = this.#speedOf('student');
    const tail = measures ? [measure, exporting] : [exporting];
    const tailMs = speed === null ? null : sum(tail.map(({ macs, ms }) => ms + macs * speed));
    this.#context.listener({
      type: 'run.forecast',
      progress: total > 0 ? Math.min(1, doneMacs / total) : 0,
      remainingMs: trainingMs === null || tailMs === null ? null : trainingMs + tailMs,
    });
  }

  #measure(line: Line, doneMacs: number): void {
    if (line !== this.#line) this.#marks = [];
    this.#line = line;
    const atMs = this.#context.clock.elapsedMs();
    this.#marks.push({ atMs, macs: doneMacs });
    while (this.#marks.length > HONEST_AFTER_STEPS && atMs - this.#marks[0]!.atMs > WINDOW_MS) this.#marks.shift();
    const [first] = this.#marks;
    const elapsedMs = atMs - first!.atMs;
    if (this.#marks.length < HONEST_AFTER_STEPS || elapsedMs < HONEST_AFTER_MS) return;
    if (doneMacs > first!.macs) this.#speeds.set(line, elapsedMs / (doneMacs - first!.macs));
  }

  /** Time for what is left of a segment, and for all after it. */
  #timeTraining(index: number, leftMacs: number): number | null {
    let total = 0;
    for (const [i, segment] of this.#segments.entries()) {
      if (i < index) continue;
      const speed = this.#speedOf(STAGES[segment.stage].line);
      if (speed === null) return null;
      total += speed * (i === index ? leftMacs : this.#workload.segments[i]!);
    }
    return total;
  }

  /** As measured; of a line that has not been, as that of the one at work, or else of any. */
  #speedOf(line: Line): number | null {
    const likely = [line, this.#line ?? line, ...this.#speeds.keys()].find((known) => this.#speeds.has(known));
    return likely === undefined ? null : this.#speeds.get(likely)!;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
