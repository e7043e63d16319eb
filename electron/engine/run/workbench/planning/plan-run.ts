import { existsSync } from 'node:fs';
import type { RunPlan } from '../../../../../shared/ipc/topics/runs.ts';
import { findRecipeProblems } from '../../../../../shared/run/check-recipe.ts';
import { adviseBalance } from '../../../../../shared/run/class-groups.ts';
import type { Recipe } from '../../../../../shared/run/recipe.ts';
import { RECIPE_NETWORKS, ROLE_NAMES, ROLES, type Role } from '../../../../../shared/run/roles.ts';
import { DecantError } from '../../../core/errors.ts';
import { Random } from '../../../core/random.ts';
import type { Dataset, DividedDataset, Splits } from '../../../data/index.ts';
import { countNetwork, type Network } from '../../../model/index.ts';
import type { Cost } from '../../../prune/index.ts';
import type { TeacherDescription } from '../../../teacher/index.ts';
import { isReference } from '../../begin/weights-reference.ts';
import { checkBudget } from '../../context/budget.ts';
import { describeModel } from '../../context/models.ts';
import { noteReuse } from '../../context/note-reuse.ts';
import { planSplits } from '../../context/splits.ts';
import { findTeacherFile, measureAnswers, pairFeatures } from '../../teacher/run-teacher.ts';
import { estimateTime } from './estimate-time.ts';
import { estimateMeasuring, type LatencySource, NO_LATENCIES } from './plan-latency.ts';
import type { KnownSpeeds } from './speed-book.ts';

/** What networks are counted for where no dataset says how many classes there are, or it has only unlabelled images. */
const CLASSES = 10;
/** Bytes of a number in an fp32 file; the rest of the file is next to nothing. */
const NUMBER_BYTES = 4;

const NO_PLAN = {
  networks: null,
  images: null,
  answers: null,
  latency: null,
  balanceAdvice: null,
  reuse: null,
  time: null,
} as const;

type Images = NonNullable<RunPlan['images']>;

/** What is known of the file that a recipe names as its teacher: what it is, or the sentence that says what is wrong with it. */
export type TeacherFile = { readonly description: TeacherDescription } | { readonly problem: string };

/**
 * What a recipe means before anything is computed, and what is wrong with it.
 *
 * @param lookAt opens the file of the recipe's teacher, where it names one
 * @param findSpeeds what was timed on this machine, for the time that the run takes
 * @param latencies what predicts milliseconds
 */
export async function planRun(
  input: unknown,
  dataset: DividedDataset | null,
  lookAt: (recipe: Recipe, student: Network) => Promise<TeacherFile>,
  findSpeeds: (recipe: Recipe) => KnownSpeeds | null = () => null,
  latencies: LatencySource = NO_LATENCIES,
): Promise<RunPlan> {
  const { recipe, problems: found } = findRecipeProblems(input);
  const problems = found.map(({ keys, message }) => ({ keys: [...keys], message }));
  if (!recipe) return { ...NO_PLAN, problems };
  const attempt = <T>(keys: string[], work: () => T): T | null => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      problems.push({ keys, message: error.message });
      return null;
    }
  };
  const classes = dataset?.classes.length || CLASSES;
  const student = attempt(['student.head'], () => describeModel(recipe, 'student', classes));
  if (!student) return { ...NO_PLAN, problems };
  const teacher = findTeacherFile(recipe) === null ? describeModel(recipe, 'teacher', classes) : null;
  const pairs = attempt(['distill.pairs'], () => pairFeatures(recipe, teacher, student));
  // A file is looked at for the values that the recipe names; those that make no pairs are told of already.
  const file = teacher === null && pairs !== null ? await lookAt(recipe, student) : null;
  if (file && 'problem' in file) problems.push({ keys: ['teacher.onnx.file', 'distill.pairs'], message: file.problem });
  const bounded = attempt(['prune.latencyTable'], () => ({ recipe, latency: latencies.freeze(recipe, student) }));
  const cut =
    bounded && (bounded.latency || recipe.prune.latencyMs === null)
      ? attempt(budgetKeys(recipe), () => checkBudget({ ...bounded, random: new Random(recipe.seed) }, student))
      : null;
  const splits = dataset && attempt(SPLIT_KEYS, () => planSplits(recipe, dataset));
  problems.push(...findMissingWeights(recipe));
  const teacherPlan = teacher
    ? describeNetwork('teacher', teacher, countNetwork(teacher))
    : file && 'description' in file
      ? describeFile(file.description)
      : null;
  const networks =
    found.length > 0 || !teacherPlan ? null : listNetworks(teacherPlan, student, cut ?? countNetwork(student));
  const answers =
    dataset && teacher && pairs && networks
      ? measureAnswers(recipe, teacher, { student, images: dataset.images.length + dataset.unlabelled.length })
      : null;
  const images = splits && countImages(splits);
  const known = networks && images && problems.length === 0 ? findSpeeds(recipe) : null;
  const time =
    known && images && teacherPlan
      ? {
          ...estimateTime(
            {
              recipe,
              teacher: teacherPlan,
              student,
              cutMacs: cut?.macs,
              batch: Math.min(recipe.train.batch, images.train),
              images,
            },
            known.speeds,
          ),
          basis: known.basis,
        }
      : null;
  return {
    networks,
    problems,
    images,
    answers,
    latency: {
      tables: latencies.list(student),
      studentMs: cut?.latencyMs ?? null,
      measuringMs: estimateMeasuring(student),
    },
    balanceAdvice: dataset && splits && advise(recipe, dataset, splits),
    reuse: noteReuse(student),
    time,
  };
}

/** How many images each split of a dataset gets. Throws as `planSplits`. */
export function countSplits(recipe: Recipe, dataset: Parameters<typeof planSplits>[1]): Images {
  return countImages(planSplits(recipe, dataset));
}

function countImages({ train, validation, test, unlabelled }: Splits): Images {
  return {
    train: train.length,
    validation: validation.length,
    test: test.length,
    unlabelled: unlabelled.length,
  };
}

/** What to do about classes with few images, unless the recipe does something. */
function advise({ balance }: Recipe, dataset: Pick<Dataset, 'classes' | 'images'>, { train }: Splits): string | null {
  const counts = dataset.classes.map(() => 0);
  for (const index of train) counts[dataset.images[index]!.label]!++;
  return adviseBalance(counts, balance);
}

const SPLIT_KEYS = ['data.limit', 'data.validation', 'data.test'];

function budgetKeys({ prune }: Recipe): string[] {
  const bounds = (['macs', 'parameters', 'latencyMs'] as const).filter((bound) => prune[bound] !== null);
  return [...bounds, 'floor', 'protect'].map((key) => `prune.${key}`);
}

type NetworkPlan = NonNullable<RunPlan['networks']>[number];

/** The networks of a run, in the order of their roles. */
function listNetworks(teacher: NetworkPlan, student: Network, cut: Cost): NetworkPlan[] {
  const full = countNetwork(student);
  return ROLE_NAMES.map((role) =>
    ROLES[role].network === 'teacher' ? teacher : describeNetwork(role, student, role === 'student' ? cut : full),
  );
}

function describeFile({ name, macs, parameters, sizeBytes }: TeacherDescription): NetworkPlan {
  return { role: 'teacher', architecture: name, macs, parameters, bytes: sizeBytes, estimated: false };
}

/** A Decant network by its description. */
function describeNetwork(role: Role, network: Network, { macs, parameters }: Cost): NetworkPlan {
  return {
    role,
    architecture: network.architecture,
    macs,
    parameters,
    bytes: NUMBER_BYTES * parameters,
    estimated: role === 'student' && macs !== countNetwork(network).macs,
  };
}

function findMissingWeights(recipe: Recipe): RunPlan['problems'] {
  return RECIPE_NETWORKS.flatMap((role) => {
    const { weights } = recipe[role];
    if (weights === null || isReference(weights) || existsSync(weights)) return [];
    return { keys: [`${role}.weights`], message: `The weights file ${weights} does not exist; choose another one.` };
  });
}
