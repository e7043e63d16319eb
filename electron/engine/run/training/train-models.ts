import { beginsTrained, resolveLearningRate } from '../../../../shared/run/learning-rate.ts';
import { learnsFromLabelsAlone, learnsFromTeacher } from '../../../../shared/run/methods.ts';
import type { Cut, EpochMetrics } from '../../../../shared/run/report.ts';
import { RECIPE_NETWORKS, type RecipeNetwork } from '../../../../shared/run/roles.ts';
import {
  findBranchStage,
  findPretraining,
  isCut,
  LINES,
  type Line,
  leadsTo,
  listBranches,
  networkOf,
  STAGES,
  type TrainingStage,
} from '../../../../shared/run/stages.ts';
import type { FinishPlace } from '../../../../shared/stored/run-forms.ts';
import { AccuracyTally, evaluate } from '../../measure/index.ts';
import { adoptClassifier, type Network, reusesClassifier, type Weights } from '../../model/index.ts';
import { readArtifact, readFinish, saveArtifact, saveCut, saveEpoch, saveFinishPlace } from '../../store/index.ts';
import { NO_TEACHER } from '../../teacher/index.ts';
import {
  type Distillation,
  decodeCheckpoint,
  encodeCheckpoint,
  startState,
  stateFromCheckpoint,
  stateToCheckpoint,
} from '../../train/index.ts';
import { evaluationBatches, untilStopped } from '../context/batches.ts';
import { readModel, saveModel } from '../context/kept-models.ts';
import { describeModel, recipeOfLine, requireReady, startModel } from '../context/models.ts';
import { noteReuse } from '../context/note-reuse.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';
import { dressForLine } from '../context/without-labels.ts';
import { distilFrom, openFileTeacher, openOwnTeacher } from '../teacher/run-teacher.ts';
import { readProgress, saveProgress } from './checkpoints.ts';
import type { Course } from './course.ts';
import { describePlace, openCourse } from './finish-early.ts';
import type { Forecast } from './forecast.ts';
import type { Segment } from './segment.ts';
import { StageClock } from './stage-clock.ts';
import { TrainingLine } from './training-line.ts';

/**
 * Trains one network after the other, asking after each segment what is next, from wherever the last checkpoint is. Each
 * line's best network ends up as an artifact of the run, `<line>.safetensors`.
 */
export async function trainModels(context: RunContext, data: PreparedData, forecast: Forecast): Promise<void> {
  const course = openCourse(context, data);
  const training = await restoreTraining(context, data, course);
  if (training.checkpoints === 0) await importModels(context, data, course);
  forecast.plan(course.segments);
  let stage: StageClock | null = null;
  try {
    for (let segment = course.segment; segment; segment = course.segment) {
      if (stage?.stage !== segment.stage) {
        stage?.finish();
        stage = new StageClock(context, data, course);
      }
      training.line ??= await startLine(context, data, course, STAGES[segment.stage].line);
      const expected = course.segments;
      await trainSegment(context, course, training, { stage, forecast });
      if (course.segments === expected) continue;
      stage.replan(course);
      forecast.plan(course.segments);
    }
    stage?.finish();
  } finally {
    await training.line?.dispose();
  }
}

interface Training {
  /** The line in training; null between lines. */
  line: TrainingLine | null;
  /** How many were written. */
  checkpoints: number;
}

/**
 * Trains one segment, does what follows it, and writes a checkpoint; also when it is stopped on the way, and where the run is
 * asked to finish early.
 */
async function trainSegment(
  context: RunContext,
  course: Course,
  training: Training,
  { stage, forecast }: { stage: StageClock; forecast: Forecast },
): Promise<void> {
  const { listener, store, id, control } = context;
  const segment = course.segment!; // The caller is in training,
  const line = training.line!; // and has started its line.
  const { batch: firstBatch } = course.position;
  const checkpoint = (rows: (db: typeof store.db) => void = () => undefined) =>
    saveProgress(context, line, {
      place: course.place,
      number: ++training.checkpoints,
      stage: segment.stage,
      elapsedMs: stage.lapMs(),
      rows,
    });
  let metrics: EpochMetrics | null;
  let cut: Cut | null;
  // What was asked once is not asked again.
  const mayFinish = LINES[line.line].whenFinishedEarly !== 'complete' && readFinish(store.db, id).place === null;
  try {
    const complete = await line.train(segment, firstBatch, {
      onStep: (step) => {
        course.reach(step.batch + 1);
        stage.advance(step.images);
        forecast.reach(course.position);
      },
      wanted: () => !(mayFinish && control.finishesEarly),
    });
    if (!complete) {
      const place: FinishPlace = { ...course.place, stage: segment.stage, epoch: segment.epoch };
      await checkpoint((db) => saveFinishPlace(db, id, place));
      listener({ type: 'note.added', message: describePlace(place) });
      course.finishEarly();
      return;
    }
    metrics = segment.endsEpoch ? await line.finishEpoch(segment) : null;
    const next = () => course.preview({ metrics, cut: null, outOfPatience: false });
    if (segment.endsEpoch) await saveBranches(context, course, line, next());
    // A search is so long that what was trained before it is not trained again, whatever happens.
    if (segment.cut !== null && line.searches(segment.cut)) await checkpoint();
    cut = segment.cut === null ? null : await line.cut(segment.cut, segment);
  } catch (error) {
    // Stopped between two steps, or in what follows them, which is then done anew: what was trained is kept. Anything
    // else leaves the last checkpoint as it is.
    if (context.signal.aborted && error === context.signal.reason && course.position.batch > firstBatch)
      await checkpoint();
    throw error;
  }

  if (metrics) listener({ type: 'epoch.finished', epochs: segment.epochs, metrics });
  if (cut) listener({ type: 'cut.made', stage: segment.stage, cut });

  course.advance({ metrics, cut, outOfPatience: segment.endsEpoch && line.shouldStop(segment.epoch) });
  const next = course.segment;
  const endsLine = next === null || STAGES[next.stage].line !== line.line;
  const result = endsLine ? await line.result() : null;
  if (result) await saveModel(context, line.line, result);
  await checkpoint((db) => {
    if (metrics) saveEpoch(db, id, metrics);
    if (cut) saveCut(db, id, cut);
  });
  if (endsLine) {
    await line.dispose();
    training.line = null;
  }
}

/** Brings a course to where the newest checkpoint left it, and opens the line that was in training there. */
async function restoreTraining(context: RunContext, data: PreparedData, course: Course): Promise<Training> {
  const saved = await readProgress(context);
  if (!saved) return { line: null, checkpoints: 0 };
  course.goTo(saved.place);
  const next = course.segment;
  const goesOn = next !== null && STAGES[next.stage].line === saved.line;
  const options = () => lineOptions(context, data, course, saved.line);
  return {
    line: goesOn ? TrainingLine.restore(context, data, await options(), saved.checkpoint) : null,
    checkpoints: saved.number,
  };
}

/** A line at its beginning: where it branches off from another line, or as the recipe describes its network. */
async function startLine(context: RunContext, data: PreparedData, course: Course, line: Line): Promise<TrainingLine> {
  const options = await lineOptions(context, data, course, line);
  const stage = findBranchStage(line, context.recipe);
  const branch = stage && (await readArtifact(context.store, context.id, branchFile(stage)));
  if (branch) {
    const state = stateFromCheckpoint(decodeCheckpoint(branch, branchFile(stage)))!; // saveBranches put one in.
    return TrainingLine.start(context, data, options, state);
  }
  const classes = data.classes.length;
  const recipe = recipeOfLine(context.recipe, line);
  const begun = await startModel(recipe, networkOf(line), { classes, random: context.random });
  const { network, leftOut } = begun;
  const pretrained = await readPretrained(context, line);
  const weights = pretrained ?? begun.weights;
  if (LINES[line].labelled && (pretrained || context.recipe[networkOf(line)].weights !== null))
    tellGentleRate(context, networkOf(line));
  if (!reusesClassifier(network)) return TrainingLine.start(context, data, options, startState(network, weights));
  tellReuse(context, network, leftOut);
  const teacher = (await readModel(context, 'teacher'))!; // Trained or imported before any line that it teaches.
  const adopted = adoptClassifier(network, weights, teacher.weights);
  return TrainingLine.start(context, data, options, startState(network, adopted));
}

/** What the network of a line has learned before without labels; null where it has not, or nothing came of it. */
async function readPretrained(context: RunContext, line: Line): Promise<Weights | null> {
  const before = findPretraining(line, context.recipe);
  return before && ((await readModel(context, before))?.weights ?? null);
}

/** Says what the teacher's classifier costs the student, and what becomes of one of its own. */
function tellReuse({ listener }: RunContext, network: Network, leftOut: boolean): void {
  const note = noteReuse(network);
  if (note !== null) listener({ type: 'note.added', message: note });
  if (!leftOut) return;
  const message =
    'The file of student.weights has a classifier of its own, which is left out: student.head takes the teacher’s.';
  listener({ type: 'note.added', message });
}

/** Says that weights that are trained already are trained more gently, where the recipe left that to us. */
function tellGentleRate({ recipe, listener }: RunContext, network: RecipeNetwork): void {
  if (!beginsTrained(recipe, network) || recipe.train.optimizer.learningRate !== null) return;
  const from = recipe[network].weights === null ? 'what it learned without labels' : 'imported weights';
  const message = `The ${network} starts from ${from}, so its learning rate is at most ${resolveLearningRate(recipe, network)} for a batch of 128; train.optimizer.learningRate sets another.`;
  listener({ type: 'note.added', message });
}

async function lineOptions(context: RunContext, data: PreparedData, { segments }: Course, line: Line) {
  const own = segments.filter(({ stage }) => STAGES[stage].line === line);
  const full = describeModel(recipeOfLine(context.recipe, line), networkOf(line), data.classes.length);
  return {
    line,
    distillation: await openLesson(context, data, line, full),
    full,
    epochs: own[0]?.epochs ?? 0,
    cuts: Math.max(0, ...own.map(({ cut }) => cut ?? 0)),
    leastTop1: isCut(line) ? await findLeastTop1(context, data) : null,
  };
}

/** Validation top-1 that the goal asks for; null where cutting does not depend on it. */
async function findLeastTop1(context: RunContext, data: PreparedData): Promise<number | null> {
  const { recipe, fileTeacher } = context;
  if (!recipe.goal.stopCutting) return null;
  const images = untilStopped(evaluationBatches(context, data, data.splits.validation), context);
  const model = fileTeacher ? null : await readModel(context, 'teacher');
  if (model) return recipe.goal.retention * (await evaluate({ ...model, batches: images })).top1;
  const tally = new AccuracyTally(data.classes.length);
  for await (const batch of images) {
    const answer = await fileTeacher!.answer(batch); // There is one or the other, and a file answers all that it is asked.
    tally.add(answer!.logits, batch.labels, batch.indices);
  }
  return recipe.goal.retention * tally.result().top1;
}

/** What a line learns besides labels; null where these are all. The caller closes the teacher. */
async function openLesson(
  context: RunContext,
  data: PreparedData,
  line: Line,
  full: Network,
): Promise<Distillation | null> {
  const { taught, labelled } = LINES[line];
  if (labelled) return taught ? openDistillation(context, full) : null;
  const { recipe } = dressForLine(context, data, line).context;
  if (!learnsFromTeacher(recipe.distill)) return distilFrom(NO_TEACHER, recipe, full);
  if (!context.fileTeacher) return openDistillation({ ...context, recipe }, full);
  // Opened once more, because its answers to these views are kept apart from those to others.
  const teacher = await openFileTeacher({
    recipe,
    classes: data.classes,
    student: full,
    kept: context.answers ?? null,
  });
  return distilFrom(teacher!, recipe, full); // The recipe names one.
}

/** What the teacher, trained or in its file, has to teach; null where labels alone are learned from. The caller closes the teacher. */
async function openDistillation(context: RunContext, full: Network): Promise<Distillation | null> {
  const { recipe, fileTeacher } = context;
  if (learnsFromLabelsAlone(recipe.distill)) return null;
  if (fileTeacher) return distilFrom({ ...fileTeacher, close: async () => undefined }, recipe, full); // It stays open for the whole run.
  const model = (await readModel(context, 'teacher'))!; // Trained or imported before any line that asks for it.
  return distilFrom(openOwnTeacher(recipe, model, full, context.answers), recipe, full);
}

/**
 * Networks that have no epochs are the run's as they were imported; a student of which nothing is cut is also what any line
 * would become that branches off from it.
 */
async function importModels(context: RunContext, data: PreparedData, { segments }: Course): Promise<void> {
  for (const role of RECIPE_NETWORKS) {
    if (segments.some(({ stage }) => STAGES[stage].line === role)) continue;
    const { recipe, random } = context;
    if (role === 'teacher' && context.fileTeacher) continue; // Used where it lies.
    const classes = data.classes.length;
    const model = await startModel(recipe, role, { classes, random });
    requireReady(model, recipe, role);
    await saveModel(context, role, model);
    for (const line of listBranches(role, recipe)) await saveModel(context, line, model);
  }
}

/** Keeps a network where other lines branch off from its own; without epochs to follow, that is what those become. */
async function saveBranches(
  context: RunContext,
  course: Course,
  line: TrainingLine,
  next: Segment | null,
): Promise<void> {
  const { store, id, clock, recipe } = context;
  for (const branch of listBranches(line.line, recipe)) {
    const isBefore = (segment: Segment | null) => segment !== null && leadsTo(branch, segment.stage);
    if (!isBefore(course.segment) || isBefore(next)) continue;
    const state = await line.exportState();
    if (course.segments.some(({ stage }) => STAGES[stage].line === branch)) {
      const name = branchFile(findBranchStage(branch, recipe)!); // The stage that ends has epochs.
      const content = encodeCheckpoint(stateToCheckpoint(state));
      await saveArtifact(store, id, { name, content }, { nowMs: clock.now() });
    } else await saveModel(context, branch, { network: state.network, weights: state.average ?? state.weights });
  }
}

/** What a run keeps its network as where a stage ends, for lines that branch off there. */
function branchFile(stage: TrainingStage): string {
  return `${stage}.bin`;
}
