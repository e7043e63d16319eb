import { word } from '../text/language.ts';
import type { Recipe } from './recipe.ts';
import { type RecipeNetwork, ROLES, type Role } from './roles.ts';

/**
 * How a network is judged after each epoch of a stage. `validation`: its top-1 on the validation images. `neighbours`: how well
 * its embeddings tell them apart, by the labelled images next to them.
 */
export type Judge = 'validation' | 'neighbours';

interface LineEntry {
  /** For people: whose curves and epochs these are. */
  readonly title: string;
  /** The same in a sentence, after "the". */
  readonly phrase: string;
  /** The network of the report that it becomes or serves; determines its description, colour and random stream. */
  readonly role: Role;
  /** Whether the run trains it. */
  readonly wanted: (recipe: Recipe) => boolean;
  /** Whether it learns from the teacher; otherwise it learns from the labels alone. */
  readonly taught: boolean;
  /** Whether it learns from labels; otherwise it learns from all images for training, those without labels too, and never reads one. */
  readonly labelled: boolean;
  /** The line whose network it begins with, where the run trains that one; null: none. */
  readonly pretrainedBy: string | null;
  /**
   * What its network is at first: `recipe`, as the recipe describes it; or that of another line where the stage `before` of
   * that line would begin. Where the other line never got there it begins as the recipe describes it, too.
   */
  readonly startsFrom: 'recipe' | { readonly line: string; readonly before: string };
  /** The first of its epochs whose network may be its best. */
  readonly bestFrom: (recipe: Recipe) => number;
  /**
   * What a run does with this line when told to finish early. `complete`: trains it to its end, since what follows needs
   * it; `cut`: cuts its network to the budget and ends it; `drop`: leaves it out, since the run is whole without it.
   */
  readonly whenFinishedEarly: 'complete' | 'cut' | 'drop';
}

/**
 * Lines of epochs, in the order in which they are trained: each is one network with one learning-rate schedule and one
 * best network, which the run keeps as `<line>.safetensors`. A line may consist of several stages.
 */
export const LINES = {
  'pretrain-teacher': {
    title: 'Teacher before labels',
    phrase: 'teacher before it sees labels',
    role: 'teacher',
    wanted: ({ pretrain }) => pretrain.teacherEpochs > 0,
    taught: false,
    labelled: false,
    pretrainedBy: null,
    startsFrom: 'recipe',
    bestFrom: () => 0,
    whenFinishedEarly: 'complete',
  },
  teacher: {
    title: 'Teacher',
    phrase: word('teacher'),
    role: 'teacher',
    wanted: () => true,
    taught: false,
    labelled: true,
    pretrainedBy: 'pretrain-teacher',
    startsFrom: 'recipe',
    bestFrom: () => 0,
    whenFinishedEarly: 'complete',
  },
  'pretrain-student': {
    title: 'Student before labels',
    phrase: 'student before it sees labels',
    role: 'student',
    wanted: ({ pretrain }) => pretrain.studentEpochs > 0,
    taught: true,
    labelled: false,
    pretrainedBy: null,
    startsFrom: 'recipe',
    bestFrom: () => 0,
    whenFinishedEarly: 'complete',
  },
  student: {
    title: 'Student',
    phrase: word('student'),
    role: 'student',
    wanted: () => true,
    taught: true,
    labelled: true,
    pretrainedBy: 'pretrain-student',
    startsFrom: 'recipe',
    bestFrom: () => 0,
    whenFinishedEarly: 'cut',
  },
  baseline: {
    title: 'Full student',
    phrase: 'full student',
    role: 'baseline',
    wanted: ({ train }) => train.baseline,
    taught: true,
    labelled: true,
    pretrainedBy: 'pretrain-student',
    startsFrom: { line: 'student', before: 'search' },
    bestFrom: () => 0,
    whenFinishedEarly: 'drop',
  },
  // From the first epoch on, since warm-up is taught already.
  alone: {
    title: 'Without teacher',
    phrase: 'full student without a teacher',
    role: 'baseline',
    wanted: ({ train }) => train.alone,
    taught: false,
    labelled: true,
    pretrainedBy: null, // What it learned from the teacher before would help it.
    startsFrom: 'recipe',
    bestFrom: (recipe): number => firstEpoch('baseline', recipe), // Chosen among as many as the one with a teacher.
    whenFinishedEarly: 'drop',
  },
} as const satisfies Readonly<Record<string, LineEntry>>;

export type Line = keyof typeof LINES;
export const LINE_NAMES = Object.keys(LINES) as readonly Line[]; // The keys written above, in their order.

/** Something for each line, made in their order. */
export function mapLines<T>(make: (line: Line) => T): Record<Line, T> {
  return Object.fromEntries(LINE_NAMES.map((line) => [line, make(line)])) as Record<Line, T>; // One entry for each line.
}

interface Entry {
  /** Shown to people: one or two words. */
  readonly title: string;
  /** Shown to people: one sentence. */
  readonly meaning: string;
}

interface TrainingEntry extends Entry {
  readonly line: Line;
  /** Epochs that it trains under a recipe; 0: it is left out. */
  readonly epochs: (recipe: Recipe) => number;
  /** Null: nothing judges its epochs, and none of its networks is kept as the best of its line. */
  readonly judge: Judge | null;
  /** Whether the recipe's cuts are spread over its epochs, and over those of the line's other stages that cut, which lie beside it. */
  readonly cuts: boolean;
  /** Recipe keys for this stage alone, each with its title in forms. */
  readonly settings: readonly (readonly [key: string, title: string])[];
}

interface OtherEntry extends Entry {
  readonly line: null;
  /** Null: it trains no epochs; 0: it is left out. */
  readonly epochs: (recipe: Recipe) => null | 0;
}

/**
 * The stages of a run, in order. Everything shown about stages is derived from this table; what a stage does
 * besides training its epochs is in `electron/engine/run/training/stages/`.
 */
export const STAGES = {
  prepare: {
    title: 'Prepare',
    meaning: 'Images are found, decoded and split, and the back end is chosen.',
    line: null,
    epochs: () => null,
  },
  'pretrain-teacher': {
    title: 'Teacher: images',
    meaning:
      'The large network learns from images alone, without labels, to tell two views of one image from other images.',
    line: 'pretrain-teacher',
    epochs: ({ pretrain }) => pretrain.teacherEpochs,
    judge: 'neighbours',
    cuts: false,
    settings: [['pretrain.teacherEpochs', 'Epochs of the teacher without labels']],
  },
  teacher: {
    title: 'Teacher',
    meaning: 'The large network is trained. The student will learn from it.',
    line: 'teacher',
    epochs: ({ train }) => train.teacherEpochs,
    judge: 'validation',
    cuts: false,
    settings: [['train.teacherEpochs', 'Epochs of the teacher']],
  },
  'pretrain-student': {
    title: 'Student: images',
    meaning: 'The student learns from images without labels, from the teacher or by itself.',
    line: 'pretrain-student',
    epochs: ({ pretrain }) => pretrain.studentEpochs,
    judge: 'neighbours',
    cuts: false,
    settings: [['pretrain.studentEpochs', 'Epochs of the student without labels']],
  },
  'warm-up': {
    title: 'Warm-up',
    meaning: 'The full student learns from the teacher before the first cut.',
    line: 'student',
    epochs: ({ train }) => train.warmUpEpochs,
    judge: 'validation',
    cuts: false,
    settings: [['train.warmUpEpochs', 'Epochs before the first cut']],
  },
  search: {
    title: 'Search',
    meaning:
      'Narrower networks learn beside the student as parts of it, and the best one within the budget takes its place instead of cuts.',
    line: 'student',
    epochs: ({ search }) => search.epochs,
    judge: 'validation',
    cuts: true,
    settings: [['search.epochs', 'Epochs of the search']],
  },
  prune: {
    title: 'Prune',
    meaning: 'Channels are cut step by step, and the student keeps learning between the cuts.',
    line: 'student',
    epochs: ({ search, train }) => (search.epochs > 0 ? 0 : train.pruneEpochs),
    judge: 'validation',
    cuts: true,
    settings: [['train.pruneEpochs', 'Epochs of cutting']],
  },
  'fine-tune': {
    title: 'Fine-tune',
    meaning: 'The compressed student keeps learning from the teacher at a falling learning rate.',
    line: 'student',
    epochs: ({ train }) => train.fineTuneEpochs,
    judge: 'validation',
    cuts: false,
    settings: [['train.fineTuneEpochs', 'Epochs after the last cut']],
  },
  baseline: {
    title: 'Full student',
    meaning: 'The unpruned student is trained the same way, to show the cost of pruning.',
    line: 'baseline',
    epochs: (recipe): number => countAfterBranch('baseline', recipe),
    judge: 'validation',
    cuts: false,
    settings: [['train.baseline', 'Train the full student too, to compare']],
  },
  alone: {
    title: 'Labels only',
    meaning: 'The unpruned student is trained on the labels alone, to show what the teacher adds.',
    line: 'alone',
    epochs: (recipe): number => (LINES.alone.wanted(recipe) ? countLineEpochs('student', recipe) : 0),
    judge: 'validation',
    cuts: false,
    settings: [['train.alone', 'Train the full student without the teacher, to compare']],
  },
  measure: {
    title: 'Measure',
    meaning: 'Accuracy on the test images, speed in a real runtime, similarity of layers.',
    line: null,
    epochs: () => null,
  },
  export: {
    title: 'Export',
    meaning: 'Files are written, run in their runtimes and compared with the network.',
    line: null,
    epochs: (recipe) => (recipe.export.formats.length > 0 ? null : 0),
  },
} as const satisfies Readonly<Record<string, TrainingEntry | OtherEntry>>;

export type Stage = keyof typeof STAGES;
export type TrainingStage = { [Name in Stage]: (typeof STAGES)[Name]['line'] extends null ? never : Name }[Stage];

export const STAGE_NAMES = Object.keys(STAGES) as readonly Stage[]; // The keys written above, in their order.
export const TRAINING_STAGES: readonly TrainingStage[] = STAGE_NAMES.filter(isTraining);

export function isTraining(stage: Stage): stage is TrainingStage {
  return STAGES[stage].line !== null;
}

/** The line that a stage belongs to; null where it does not train. */
export function findLine(stage: Stage): Line | null {
  return STAGES[stage].line;
}

/** A line's stages, in their order. */
export function listStagesOf(line: Line): TrainingStage[] {
  return TRAINING_STAGES.filter((stage) => STAGES[stage].line === line);
}

/** Which of the recipe's networks a line trains. */
export function networkOf(line: Line): RecipeNetwork {
  return ROLES[LINES[line].role].network;
}

/** The number of a stage's first epoch on its line, from 0. */
export function firstEpoch(stage: TrainingStage, recipe: Recipe): number {
  const { line } = STAGES[stage];
  const own = listStagesOf(line);
  return branchEpoch(line, recipe) + countEpochs(own.slice(0, own.indexOf(stage)), recipe);
}

/**
 * All epochs on a line, which schedules run over: those before its branch point on the other line included, so that both
 * lines are trained alike.
 */
export function countLineEpochs(line: Line, recipe: Recipe): number {
  return branchEpoch(line, recipe) + countEpochs(listStagesOf(line), recipe);
}

/** Over which epochs of a line cuts are spread: the first of them, and how many; null where nothing is ever cut. */
export function findCutEpochs(line: Line, recipe: Recipe): { readonly first: number; readonly count: number } | null {
  const cutting = listStagesOf(line).filter((stage) => STAGES[stage].cuts);
  const [first] = cutting;
  return first === undefined ? null : { first: firstEpoch(first, recipe), count: countEpochs(cutting, recipe) };
}

/** Whether a line's network is the one that is cut. */
export function isCut(line: Line): boolean {
  return listStagesOf(line).some((stage) => STAGES[stage].cuts);
}

/** Whether a stage lies before the place where a line branches off from another. */
export function leadsTo(line: Line, stage: TrainingStage): boolean {
  const branch = findBranch(line);
  return branch !== null && stagesBefore(branch).includes(stage);
}

/** Whether another line may start from where this stage ends, so that patience never ends it. */
export function leadsToBranch(stage: TrainingStage): boolean {
  return LINE_NAMES.some((line) => leadsTo(line, stage));
}

/** The lines of a run that branch off from a line. */
export function listBranches(line: Line, recipe: Recipe): Line[] {
  return LINE_NAMES.filter((other) => findBranch(other)?.line === line && LINES[other].wanted(recipe));
}

/** The stage, of the other line, at whose end a line branches off; null: it begins as the recipe describes it. */
export function findBranchStage(line: Line, recipe: Recipe): TrainingStage | null {
  const branch = findBranch(line);
  return (branch && stagesBefore(branch).findLast((stage) => STAGES[stage].epochs(recipe) > 0)) ?? null;
}

/**
 * Whether a run in this stage can be asked to finish early: not before its student is in training, nor after all training.
 *
 * @param stage null: before the first one
 */
export function judgeFinishingEarly(stage: Stage | null): 'too early' | 'possible' | 'too late' {
  const line = stage && findLine(stage);
  if (line) return LINES[line].whenFinishedEarly === 'complete' ? 'too early' : 'possible';
  const ahead = stage === null ? STAGE_NAMES : STAGE_NAMES.slice(STAGE_NAMES.indexOf(stage));
  return ahead.some(isTraining) ? 'too early' : 'too late';
}

/** Where a line branches off from another; null where it begins as the recipe describes it. */
function findBranch(line: Line): { readonly line: Line; readonly before: TrainingStage } | null {
  const { startsFrom } = LINES[line];
  return startsFrom === 'recipe' ? null : startsFrom;
}

/** The line whose network a line begins with under a recipe; null: none. */
export function findPretraining(line: Line, recipe: Recipe): Line | null {
  const { pretrainedBy } = LINES[line];
  return pretrainedBy !== null && LINES[pretrainedBy].wanted(recipe) ? pretrainedBy : null;
}

/** Orders what has a stage as the stages are ordered, and leaves the order of what has the same one. */
export function sortByStage<T extends { readonly stage: Stage }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => STAGE_NAMES.indexOf(a.stage) - STAGE_NAMES.indexOf(b.stage));
}

/** Epochs of the other line before it branches off. */
function branchEpoch(line: Line, recipe: Recipe): number {
  const branch = findBranch(line);
  return branch ? branchEpoch(branch.line, recipe) + countEpochs(stagesBefore(branch), recipe) : 0;
}

/** As many epochs as the other line has left where a line branches off; 0 where the run does not train it. */
function countAfterBranch(line: Line, recipe: Recipe): number {
  const branch = LINES[line].wanted(recipe) ? findBranch(line) : null;
  return branch ? countLineEpochs(branch.line, recipe) - branchEpoch(line, recipe) : 0;
}

function stagesBefore({ line, before }: { line: Line; before: TrainingStage }): TrainingStage[] {
  const own = listStagesOf(line);
  return own.slice(0, own.indexOf(before));
}

function countEpochs(stages: readonly TrainingStage[], recipe: Recipe): number {
  return stages.reduce((sum, stage) => sum + STAGES[stage].epochs(recipe), 0);
}
