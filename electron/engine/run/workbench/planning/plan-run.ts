import { existsSync } from 'node:fs';
import type { RunPlan } from '../../../../../shared/ipc/topics/runs.ts';
import { findRecipeProblems } from '../../../../../shared/run/check-recipe.ts';
import type { Recipe } from '../../../../../shared/run/recipe.ts';
import { RECIPE_NETWORKS, ROLE_NAMES, ROLES, type Role } from '../../../../../shared/run/roles.ts';
import { DecantError } from '../../../core/errors.ts';
import { Random } from '../../../core/random.ts';
import type { Dataset } from '../../../data/index.ts';
import { choosePairs } from '../../../distill/index.ts';
import { countNetwork, type Network } from '../../../model/index.ts';
import type { Cost } from '../../../prune/index.ts';
import { planSplits } from '../../begin/prepare.ts';
import { isReference } from '../../begin/resolve-weights.ts';
import { checkBudget } from '../../context/budget.ts';
import { describeModel } from '../../context/models.ts';

/** What networks are counted for where no dataset says how many classes there are. */
const CLASSES = 10;
/** Bytes of a number in an fp32 file; the rest of the file is next to nothing. */
const NUMBER_BYTES = 4;

type Images = NonNullable<RunPlan['images']>;

/** What a recipe means before anything is computed, and what is wrong with it. Reads no file. */
export function planRun(input: unknown, dataset: Pick<Dataset, 'classes' | 'images' | 'hasSplits'> | null): RunPlan {
  const { recipe, problems: found } = findRecipeProblems(input);
  const problems = found.map(({ keys, message }) => ({ keys: [...keys], message }));
  if (!recipe) return { networks: null, problems, images: null };
  const attempt = <T>(keys: string[], work: () => T): T | null => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      problems.push({ keys, message: error.message });
      return null;
    }
  };
  const classes = dataset?.classes.length ?? CLASSES;
  const teacher = describeModel(recipe, 'teacher', classes);
  const student = describeModel(recipe, 'student', classes);
  const { distill } = recipe;
  if (distill.features > 0 || distill.attention > 0)
    attempt(['distill.pairs'], () => choosePairs(teacher, student, distill));
  const cut = attempt(budgetKeys(recipe), () => checkBudget({ recipe, random: new Random(recipe.seed) }, student));
  const images = dataset && attempt(SPLIT_KEYS, () => countSplits(recipe, dataset));
  problems.push(...findMissingWeights(recipe));
  const networks = found.length > 0 ? null : describeNetworks(teacher, student, cut ?? countNetwork(student));
  return { networks, problems, images };
}

/** How many images each split of a dataset gets. Throws as `planSplits`. */
export function countSplits(recipe: Recipe, dataset: Parameters<typeof planSplits>[1]): Images {
  const { train, validation, test } = planSplits(recipe, dataset);
  return { train: train.length, validation: validation.length, test: test.length };
}

const SPLIT_KEYS = ['data.limit', 'data.validation', 'data.test'];

function budgetKeys({ prune }: Recipe): string[] {
  const bounds = (['macs', 'parameters'] as const).filter((bound) => prune[bound] !== null);
  return [...bounds, 'floor', 'protect'].map((key) => `prune.${key}`);
}

function describeNetworks(teacher: Network, student: Network, cut: Cost): RunPlan['networks'] {
  const describe = (role: Role, network: Network, { macs, parameters }: Cost) => ({
    role,
    architecture: network.architecture,
    macs,
    parameters,
    bytes: NUMBER_BYTES * parameters,
    estimated: role === 'student' && macs !== countNetwork(network).macs,
  });
  const networks = { teacher, student };
  return ROLE_NAMES.map((role) => {
    const network = networks[ROLES[role].network];
    return describe(role, network, role === 'student' ? cut : countNetwork(network));
  });
}

function findMissingWeights(recipe: Recipe): RunPlan['problems'] {
  return RECIPE_NETWORKS.flatMap((role) => {
    const { weights } = recipe[role];
    if (weights === null || isReference(weights) || existsSync(weights)) return [];
    return { keys: [`${role}.weights`], message: `The weights file ${weights} is not there; choose another one.` };
  });
}
