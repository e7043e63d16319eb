import { listExportFiles } from '../../../../shared/run/export-files.ts';
import { findNeeds, learnsFromTeacher, listActiveMethods, teachesViews } from '../../../../shared/run/methods.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { isCut, LINES, type Line, networkOf, STAGES } from '../../../../shared/run/stages.ts';
import { recipeForTraining } from '../../../../shared/run/without-labels.ts';
import { countReferences, MOST_CALIBRATION_IMAGES } from '../../measure/index.ts';
import { countNetwork, type Network } from '../../model/index.ts';
import type { TeacherDescription } from '../../teacher/index.ts';
import { describeModel, recipeOfLine } from '../context/models.ts';
import { MOST_KNOWN } from './judges.ts';
import { CALIBRATION_IMAGES, countCandidates, MOST_JUDGING } from './search-student.ts';
import type { Segment } from './segment.ts';
import { SEARCH_CUTS } from './stages/train-epochs.ts';

/** What a training step costs beside a forward pass: the backward pass takes about twice as much. */
const STEP = 3;
/** One inference in a runtime on one thread: multiply-accumulates a millisecond, and what comes to it. Typical. */
const [INFERENCE_MACS_PER_MS, INFERENCE_MS] = [2e6, 0.3];
/** Loading a runtime and comparing an exported file, milliseconds. Typical. */
const EXPORT_MS = 1500;

/** What decides how much a run computes. */
export interface WorkloadFacts {
  readonly recipe: Recipe;
  /** Its multiply-accumulates of one image, wherever they are computed. */
  readonly teacher: Pick<TeacherDescription, 'macs'>;
  /** Before any cut. */
  readonly student: Network;
  /** What its multiply-accumulates are within all bounds of the recipe; default: what `prune.macs` leaves. */
  readonly cutMacs?: number | undefined;
  /** Images a step. */
  readonly batch: number;
  readonly images: {
    readonly train: number;
    /** Those that judge the networks of a search among them. */
    readonly validation: number;
    readonly test: number;
    /** Without labels; default: none. */
    readonly unlabelled?: number;
  };
}

/** How much a run computes: `macs` are multiply-accumulates, `ms` is what does not depend on the back end. */
export interface Workload {
  /** Of each segment of the plan, what is judged after it included. */
  readonly segments: readonly number[];
  readonly measure: { readonly macs: number; readonly ms: number };
  readonly export: { readonly macs: number; readonly ms: number };
}

/** Counts what training, measuring and exporting compute. */
export function countWorkload(segments: readonly Segment[], facts: WorkloadFacts): Workload {
  const { recipe, batch, images } = facts;
  const [teacher, student] = [facts.teacher.macs, macsOnLine(facts, 'student')];
  const cut = facts.cutMacs === undefined ? (recipe.prune.macs ?? 1) : facts.cutMacs / student;
  const steps = Math.max(1, ...segments.map((segment) => segment.cut ?? 0));
  const firstTaught = segments.map(({ stage }) => STAGES[stage].line).find((line) => LINES[line].taught);
  const { views } = recipe.distill;
  // Taken to fit in the cache, and to be new to it.
  const isAnswered = ({ stage, epoch }: Segment) =>
    views !== null && (epoch >= views || STAGES[stage].line !== firstTaught);
  let cutsMade = 0;
  const macsOf = (segment: Segment) => {
    const { line } = STAGES[segment.stage];
    const keep = isCut(line) ? keptShare(facts, { cut, cutsMade, steps }) : 1;
    const forward = macsOnLine(facts, line) * keep;
    if (segment.cut !== null) cutsMade = segment.cut;
    const validation = recipe.search.epochs > 0 ? images.validation / 2 : images.validation;
    const judged = LINES[line].labelled ? validation : validation + Math.min(images.train, MOST_KNOWN);
    const macs = stepMacs(facts, line, { keep, answered: isAnswered(segment) });
    const step = LINES[line].labelled ? batch : recipe.pretrain.batch;
    const parts = segment.stage === 'search' ? STEP * student * cut * (1 + recipe.search.networks) : 0;
    const trained = (segment.endBatch - segment.firstBatch) * step * (macs + parts);
    const searched = segment.stage === 'search' && segment.cut === SEARCH_CUTS ? searchMacs(facts, student * cut) : 0;
    return trained + searched + (segment.endsEpoch ? judged * forward : 0);
  };
  const { latencyRuns, ckaImages } = recipe.measure;
  const alone = LINES.alone.wanted(recipe) ? macsOnLine(facts, 'alone') : 0; // It is not timed.
  const inferenceMs = (macs: number) => latencyRuns * (macs / INFERENCE_MACS_PER_MS + INFERENCE_MS);
  const models = [teacher, student, student * cut];
  const files = listExportFiles(recipe.export).length;
  const compared = 2 * Math.min(images.test, ckaImages);
  // How sure the networks are is learned on some validation images, and on some training images too.
  const calibrated = images.test + Math.min(images.validation, MOST_CALIBRATION_IMAGES);
  const remembered = Math.min(images.train, countReferences(facts.student.classes));
  return {
    segments: segments.map(macsOf),
    measure: {
      macs: calibrated * sum(models) + images.test * alone + (compared + remembered) * (teacher + student * cut),
      ms: sum(models.map(inferenceMs)),
    },
    export: { macs: files * images.test * 2 * student * cut, ms: files * (EXPORT_MS + inferenceMs(student * cut)) },
  };
}

/** The share of the student's MACs that is left after some cuts; a search leaves all of them until it has chosen. */
function keptShare({ recipe }: WorkloadFacts, { cut, cutsMade, steps }: Record<'cut' | 'cutsMade' | 'steps', number>) {
  if (recipe.search.epochs > 0) return cutsMade < SEARCH_CUTS ? 1 : cut;
  return 1 - ((1 - cut) * cutsMade) / steps;
}

/** What judging all networks of a search computes. */
function searchMacs({ recipe, images }: WorkloadFacts, macs: number): number {
  const known = Math.min(images.train, CALIBRATION_IMAGES);
  return countCandidates(recipe.search) * macs * (known + Math.min(images.validation / 2, MOST_JUDGING));
}

/**
 * Multiply-accumulates of a training step's work on one image.
 *
 * @param options `keep`: the share of the student's that is left; `answered`: whether the teacher's answers are in the cache
 */
export function stepMacs(facts: WorkloadFacts, line: Line, { keep = 1, answered = false } = {}): number {
  const { distill } = recipeForTraining(facts.recipe, line);
  const { teacher } = facts;
  const own = macsOnLine(facts, line) * keep;
  if (!LINES[line].taught && LINES[line].labelled) return STEP * own;
  const needs = findNeeds(distill);
  const views = needs.has('views') ? 2 : 1;
  // The teacher's answers to these are not cached.
  const others =
    (needs.has('rotations') ? 3 : 0) + (needs.has('unlabelled') && LINES[line].labelled ? distill.unlabelled.share : 0);
  const taught = (answered ? 0 : teachesViews(listActiveMethods(distill)) ? 2 : 1) + others;
  return (views + others) * STEP * own + (learnsFromTeacher(distill) ? taught * teacher.macs : 0);
}

/** Of one image, in the network of a line before any cut. */
function macsOnLine({ recipe, teacher, student }: WorkloadFacts, line: Line): number {
  if (networkOf(line) === 'teacher') return teacher.macs;
  const own = recipeOfLine(recipe, line);
  return countNetwork(own === recipe ? student : describeModel(own, 'student', student.classes)).macs;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
