import { join, resolve } from 'node:path';
import type { RunListener } from '../../../../shared/run/events.ts';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { RecipeNetwork } from '../../../../shared/run/roles.ts';
import { DecantError } from '../../core/errors.ts';
import { findArtifact, readArtifact, runFolder } from '../../store/index.ts';
import { openRun } from '../book/runs.ts';
import { modelFile } from '../context/kept-models.ts';
import { decodeModel } from '../context/models.ts';
import { findEntry, provideWeights } from './weights.ts';
import { parseReference, type ReferenceKind } from './weights-reference.ts';

/** Where references are looked up, who is notified of downloads, and what stops them. */
export interface WeightsSource {
  readonly home: string;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
}

/** Finds the file behind a reference `<kind>:<id>` of a recipe's role; throws a DecantError where there is none. */
type Resolver = (source: WeightsSource, id: string, recipe: Recipe, role: RecipeNetwork) => Promise<string>;

/** What finds the file behind each kind of reference. Another kind is its name, one function and one line. */
const RESOLVERS: Readonly<Record<ReferenceKind, Resolver>> = { run: resolveRun, catalogue: resolvePublished };

/**
 * A recipe whose weights are absolute paths of files: what is to be computed with. What is kept and reported is the recipe
 * as the user wrote it, with `run:<id>` (that run's teacher for `teacher.weights`, its student for `student.weights`),
 * `catalogue:<id>` (published weights, downloaded where they are not in the home yet), or a path.
 *
 * @throws the signal's reason; DecantError `weights.unreadable`, `weights.mismatch`, `checkpoint.unreadable`, `run.unknown`, `weights.unknown`, `download.failed`
 */
export async function resolveWeights(source: WeightsSource, recipe: Recipe): Promise<Recipe> {
  const find = async (role: RecipeNetwork) => {
    const { weights } = recipe[role];
    return weights === null ? null : await resolveReference(source, weights, recipe, role);
  };
  const [teacher, student] = [await find('teacher'), await find('student')];
  return {
    ...recipe,
    teacher: { ...recipe.teacher, weights: teacher },
    student: { ...recipe.student, weights: student },
  };
}

/** The same recipe without the weights that are named in the catalogue of published ones. */
export function withoutPublished(recipe: Recipe): Recipe {
  const without = <Network extends Recipe[RecipeNetwork]>(network: Network): Network =>
    network.weights !== null && isPublished(network.weights) ? { ...network, weights: null } : network;
  return { ...recipe, teacher: without(recipe.teacher), student: without(recipe.student) };
}

function isPublished(weights: string): boolean {
  return parseReference(weights)?.kind === 'catalogue';
}

function resolveReference(
  source: WeightsSource,
  weights: string,
  recipe: Recipe,
  role: RecipeNetwork,
): Promise<string> {
  const reference = parseReference(weights);
  return reference ? RESOLVERS[reference.kind](source, reference.id, recipe, role) : Promise.resolve(resolve(weights));
}

/** The file of a run's trained teacher or student. */
async function resolveRun({ home }: WeightsSource, id: string, recipe: Recipe, role: RecipeNetwork): Promise<string> {
  const { store, record } = openRun(home, id);
  try {
    const name = modelFile(role);
    const [artifact, content] = [findArtifact(store.db, record.id, name), await readArtifact(store, record.id, name)];
    if (!artifact || !content)
      throw new DecantError(
        'weights.unreadable',
        `${role}.weights names run ${id}, which has no trained ${role} yet; let it finish, or name another run.`,
        { run: id, role },
      );
    const path = join(runFolder(home, record.id), artifact.path);
    const { network } = decodeModel(content, path);
    const wanted = recipe[role].architecture;
    if (network.architecture !== wanted)
      throw new DecantError(
        'weights.mismatch',
        `The ${role} of run ${id} is a ${network.architecture}, but ${role}.architecture is ${wanted}; set it to ${network.architecture}, or name another run.`,
        { run: id, role, architecture: network.architecture, wanted },
      );
    return path;
  } finally {
    store.close();
  }
}

/** The file of published weights; a mismatch is reported before the download. */
async function resolvePublished(
  source: WeightsSource,
  id: string,
  recipe: Recipe,
  role: RecipeNetwork,
): Promise<string> {
  const { architecture, width } = findEntry(id);
  const wanted = recipe[role];
  if (architecture !== wanted.architecture || width !== wanted.width)
    throw new DecantError(
      'weights.mismatch',
      `The published weights ${id} are for ${architecture} with width ${width}, but the ${role} is ${wanted.architecture} with width ${wanted.width}; set ${role}.architecture and ${role}.width to match, or name other weights.`,
      { id, role, architecture, width },
    );
  return provideWeights({ ...source, id });
}
