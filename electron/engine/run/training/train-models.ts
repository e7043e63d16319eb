import { LINE_OF, type Line } from '../../../../shared/run/lines.ts';
import type { Cut, EpochMetrics } from '../../../../shared/run/report.ts';
import type { Stage } from '../../../../shared/run/stages.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { choosePairs, findNeeds } from '../../distill/index.ts';
import {
  addStageTime,
  notePeakMemory,
  readArtifact,
  readFinish,
  saveArtifact,
  saveCut,
  saveEpoch,
  saveFinishPlace,
  startStage,
} from '../../store/index.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  startState,
  stateFromCheckpoint,
  stateToCheckpoint,
} from '../../train/index.ts';
import { batchesPerEpoch, batchSize } from '../context/batches.ts';
import { readModel, saveModel } from '../context/kept-models.ts';
import { peakMemoryBytes } from '../context/machine.ts';
import { describeModel, requireReady, startModel } from '../context/models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import { progressListener, type RunContext } from '../context/run-context.ts';
import { teachWith } from '../teacher/asked-teacher.ts';
import { describePlace, type FinishPlace, openPlan } from './finish-early.ts';
import type { Forecast } from './forecast.ts';
import { type Position, type Segment, shortenPlan } from './plan.ts';
import { TrainingLine, type Tutor } from './training-line.ts';

/** Two checkpoints take turns, so that one is whole even if a failing disk damages the other. */
const CHECKPOINTS = ['checkpoint-a.bin', 'checkpoint-b.bin'] as const;
/** The student where warm-up ends; the baseline goes on from there. */
const BRANCH = 'warm-up.bin';

interface Progress {
  position: Position;
  /** The line in training; null between lines. */
  line: TrainingLine | null;
  /** Counts checkpoints: the higher one is the newer. */
  number: number;
}

/**
 * Trains teacher, student and baseline as the plan says, from wherever the last checkpoint is. Each line's best network
 * ends up as an artifact of the run, `<line>.safetensors`.
 */
export async function trainModels(context: RunContext, data: PreparedData, forecast: Forecast): Promise<void> {
  const perEpoch = batchesPerEpoch(context, data);
  let segments = openPlan(context, perEpoch);
  const progress = await restoreProgress(context, data, segments);
  forecast.plan(segments);
  if (progress.number === 0) await importModels(context, data, segments);
  let stage: StageClock | null = null;
  try {
    while (progress.position.segment < segments.length) {
      const segment = segments[progress.position.segment]!;
      if (stage?.stage !== segment.stage) {
        stage?.finish();
        stage = new StageClock(context, data, segments, progress.position);
      }
      progress.line ??= await startLine(context, data, segments, segment);
      const place = await trainSegment(context, segments, progress, { stage, forecast });
      if (!place) continue;
      segments = shortenPlan(segments, place, perEpoch);
      stage.replan(segments, place);
      forecast.plan(segments);
    }
    stage?.finish();
  } finally {
    progress.line?.dispose();
  }
}

/**
 * Trains one segment, does what follows it, and writes a checkpoint; also when it is stopped on the way, and where the run is
 * asked to finish early, which place it then gives.
 */
async function trainSegment(
  context: RunContext,
  segments: readonly Segment[],
  progress: Progress,
  { stage, forecast }: { stage: StageClock; forecast: Forecast },
): Promise<FinishPlace | null> {
  const { listener, store, id, control } = context;
  const { position } = progress;
  const line = progress.line!; // The caller has started it.
  const segment = segments[position.segment]!;
  let { batch } = position;
  const checkpoint = async (next: Position, rows: (db: typeof store.db) => void = () => undefined) => {
    progress.position = { segment: next.segment, batch: next.batch };
    await saveProgress(context, progress, segment.stage, stage.lapMs(), rows);
  };
  let metrics: EpochMetrics | null;
  let cut: Cut | null;
  // A student that never trained is of no use, and what was asked once is not asked again.
  const mayFinish = line.line !== 'teacher' && readFinish(store.db, id).place === null;
  try {
    const complete = await line.train(segment, batch, {
      onStep: (step) => {
        batch = step.batch + 1;
        stage.advance(step.images);
        forecast.reach({ segment: position.segment, batch });
      },
      wanted: () => !(mayFinish && control.finishesEarly),
    });
    if (!complete) {
      const place: FinishPlace = { segment: position.segment, batch, stage: segment.stage, epoch: segment.epoch };
      await checkpoint(place, (db) => saveFinishPlace(db, id, place));
      listener({ type: 'note.added', message: describePlace(place) });
      return place;
    }
    metrics = segment.endsEpoch ? await line.finishEpoch(segment) : null;
    if (segment.endsEpoch && segment.stage === 'warm-up' && segments[position.segment + 1]?.stage !== 'warm-up')
      await saveBranch(context, segments, line);
    cut = segment.cut === null ? null : await line.cut(segment.cut, segment);
  } catch (error) {
    // Stopped between two steps, or in what follows them, which is then done anew: what was trained is kept. Anything
    // else leaves the last checkpoint as it is.
    if (context.signal.aborted && error === context.signal.reason && batch > position.batch)
      await checkpoint({ ...position, batch });
    throw error;
  }

  if (metrics) listener({ type: 'epoch.finished', epochs: segment.epochs, metrics });
  if (cut) listener({ type: 'cut.made', cut });

  // The baseline goes on from where warm-up ends, so that warm-up always ends.
  const stops = segment.endsEpoch && segment.stage !== 'warm-up' && line.shouldStop(segment.epoch);
  const next = nextSegment(segments, position.segment, stops);
  const endsLine = next >= segments.length || LINE_OF[segments[next]!.stage] !== line.line;
  if (endsLine) await saveModel(context, line.line, await line.result());
  await checkpoint({ segment: next, batch: segments[next]?.firstBatch ?? 0 }, (db) => {
    if (metrics) saveEpoch(db, id, metrics);
    if (cut) saveCut(db, id, cut);
  });
  if (endsLine) {
    line.dispose();
    progress.line = null;
  }
  return null;
}

/** The segment after this one, or the first of the next line when this line stops early. */
function nextSegment(segments: readonly Segment[], current: number, stops: boolean): number {
  if (!stops) return current + 1;
  const line = LINE_OF[segments[current]!.stage];
  const next = segments.findIndex(({ stage }, i) => i > current && LINE_OF[stage] !== line);
  return next < 0 ? segments.length : next;
}

async function startLine(
  context: RunContext,
  data: PreparedData,
  segments: readonly Segment[],
  segment: Segment,
): Promise<TrainingLine> {
  const line = LINE_OF[segment.stage];
  const options = await lineOptions(context, data, segments, line);
  const classes = data.classes.length;
  const branch = line === 'baseline' ? await readArtifact(context.store, context.id, BRANCH) : null;
  if (branch) {
    const state = stateFromCheckpoint(decodeCheckpoint(branch, BRANCH))!; // saveBranch put one in.
    return TrainingLine.start(context, data, options, state);
  }
  const role = line === 'teacher' ? 'teacher' : 'student';
  const { network, weights } = await startModel(context.recipe, role, { classes, random: context.random });
  return TrainingLine.start(context, data, options, startState(network, weights));
}

async function lineOptions(context: RunContext, data: PreparedData, segments: readonly Segment[], line: Line) {
  const own = segments.filter(({ stage }) => LINE_OF[stage] === line);
  const role = line === 'teacher' ? 'teacher' : 'student';
  return {
    line,
    tutor: line === 'teacher' ? null : await openTutor(context),
    full: describeModel(context.recipe, role, data.classes.length),
    epochs: own[0]?.epochs ?? 0,
    cuts: Math.max(0, ...own.map(({ cut }) => cut ?? 0)),
  };
}

/** The trained teacher, unless nothing of it is distilled. */
async function openTutor(context: RunContext): Promise<Tutor | null> {
  const { distill, student, data } = context.recipe;
  const needs = findNeeds(distill);
  if (!needs.teacher) return null;
  if (context.asked) return teachWith(context.asked, context.recipe);
  const teacher = (await readModel(context, 'teacher'))!; // Trained or imported before any line that asks for it.
  const full = describeModel({ ...context.recipe, student, data }, 'student', teacher.network.classes);
  return { ...teacher, pairs: needs.levels ? choosePairs(teacher.network, full, distill) : [] };
}

/** Networks that have no epochs are the run's as they were imported; a student of which nothing is cut is its own baseline. */
async function importModels(context: RunContext, data: PreparedData, segments: readonly Segment[]): Promise<void> {
  for (const role of ['teacher', 'student'] as const) {
    if (segments.some(({ stage }) => LINE_OF[stage] === role)) continue;
    const { recipe, random } = context;
    if (role === 'teacher' && context.asked) continue; // Used where it lies.
    const classes = data.classes.length;
    const model = await startModel(recipe, role, { classes, random });
    requireReady(model, recipe, role);
    await saveModel(context, role, model);
    if (role === 'student' && recipe.train.baseline) await saveModel(context, 'baseline', model);
  }
}

/** Keeps the student where the baseline branches off; without epochs to follow, that is the baseline. */
async function saveBranch(context: RunContext, segments: readonly Segment[], line: TrainingLine): Promise<void> {
  const { store, id, clock, recipe } = context;
  if (!recipe.train.baseline) return;
  if (!segments.some(({ stage }) => stage === 'baseline')) {
    const { network, weights, average } = await line.exportState();
    await saveModel(context, 'baseline', { network, weights: average ?? weights });
    return;
  }
  const content = encodeCheckpoint(stateToCheckpoint(await line.exportState()));
  await saveArtifact(store, id, { name: BRANCH, content }, { nowMs: clock.now() });
}

async function saveProgress(
  context: RunContext,
  progress: Progress,
  stage: Stage,
  elapsedMs: number,
  rows: (db: RunContext['store']['db']) => void,
): Promise<void> {
  const { store, id, clock, listener } = context;
  const { data, tensors } = await progress.line!.toCheckpoint(); // Only a line in training is saved.
  const number = ++progress.number;
  const content = encodeCheckpoint({
    data: { ...data, position: progress.position, number, of: progress.line!.line },
    tensors,
  });
  const { sizeBytes } = await saveArtifact(
    store,
    id,
    { name: CHECKPOINTS[number % 2]!, content },
    {
      nowMs: clock.now(),
      alsoWrite: (db) => {
        rows(db);
        addStageTime(db, id, stage, elapsedMs, false);
        notePeakMemory(db, id, peakMemoryBytes());
      },
    },
  );
  listener({ type: 'checkpoint.written', stage, sizeBytes });
}

/** Where the newest whole checkpoint is; the beginning where there is none. */
async function restoreProgress(
  context: RunContext,
  data: PreparedData,
  segments: readonly Segment[],
): Promise<Progress> {
  const checkpoint = await newestCheckpoint(context);
  if (!checkpoint) return { position: { segment: 0, batch: 0 }, line: null, number: 0 };
  // The checkpoint's hash was checked, so these are what saveProgress wrote.
  const position = checkpoint.data.position as Position;
  const line = checkpoint.data.of as Line;
  const next = segments[position.segment];
  const goesOn = next !== undefined && LINE_OF[next.stage] === line;
  return {
    position,
    number: checkpoint.data.number as number,
    line: goesOn
      ? TrainingLine.restore(context, data, await lineOptions(context, data, segments, line), checkpoint)
      : null,
  };
}

async function newestCheckpoint({ store, id, listener }: RunContext): Promise<Checkpoint | null> {
  const read: Checkpoint[] = [];
  const failures: unknown[] = [];
  for (const name of CHECKPOINTS) {
    try {
      const bytes = await readArtifact(store, id, name);
      if (bytes) read.push(decodeCheckpoint(bytes, name));
    } catch (error) {
      failures.push(error);
    }
  }
  if (read.length === 0 && failures.length > 0) throw failures[0];
  for (const failure of failures)
    listener({ type: 'warning.raised', message: `${(failure as Error).message} The other checkpoint is used.` }); // Thrown by readArtifact or decodeCheckpoint.
  return read.sort((a, b) => Number(b.data.number) - Number(a.data.number))[0] ?? null;
}

/** Times a stage, reports its progress and tells of its begin and end. */
class StageClock {
  readonly stage: Stage;
  readonly #context: RunContext;
  readonly #batch: number;
  readonly #startedAt: number;
  #meter: ProgressMeter;
  #lapAt: number;

  constructor(context: RunContext, data: PreparedData, segments: readonly Segment[], position: Position) {
    const { clock, listener, store, id } = context;
    this.stage = segments[position.segment]!.stage;
    this.#context = context;
    this.#batch = batchSize(context, data);
    this.#startedAt = clock.elapsedMs();
    this.#lapAt = this.#startedAt;
    this.#meter = this.#openMeter(segments, position);
    startStage(store.db, id, this.stage, clock.now());
    const epochs = segments.filter(({ stage, endsEpoch }) => stage === this.stage && endsEpoch).length;
    listener({ type: 'stage.started', stage: this.stage, epochs });
  }

  advance(images: number): void {
    this.#meter.advance(images);
  }

  /** Goes on counting on the way to another end. */
  replan(segments: readonly Segment[], position: Position): void {
    this.#meter = this.#openMeter(segments, position);
  }

  #openMeter(segments: readonly Segment[], position: Position): ProgressMeter {
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
