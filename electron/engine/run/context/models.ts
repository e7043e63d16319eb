import { readFile, stat } from 'node:fs/promises';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { RecipeNetwork } from '../../../../shared/run/roles.ts';
import { LINES, type Line } from '../../../../shared/run/stages.ts';
import { writeStored } from '../../../../shared/stored/form.ts';
import { NETWORK_FORM } from '../../../../shared/stored/network-form.ts';
import { DecantError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import {
  buildNetwork,
  checkWeights,
  haveProjector,
  importWeights,
  initializeWeights,
  type Network,
  parameterSpecs,
  parseClassifier,
  readSafetensors,
  reuseClassifier,
  reusesClassifier,
  type Weights,
  writeSafetensors,
} from '../../model/index.ts';
import { resolveStemStride } from '../../model/stem-stride.ts';

/** A network with its numbers. */
export interface Model {
  readonly network: Network;
  readonly weights: Weights;
}

/**
 * The description of a recipe's teacher or student for a number of classes.
 *
 * @throws DecantError `network.invalid` where the student cannot reuse the teacher's classifier
 */
export function describeModel(recipe: Recipe, role: RecipeNetwork, classes: number): Network {
  const own = describeOwn(recipe, role, classes);
  const reuses = role === 'student' && recipe.student.head === 'teacher';
  return reuses ? reuseClassifier(own, describeOwn(recipe, 'teacher', classes)) : own;
}

/** The recipe from which the network of a line is made: one that is not taught has no use for the teacher's classifier. */
export function recipeOfLine(recipe: Recipe, line: Line): Recipe {
  const { student } = recipe;
  return LINES[line].taught || student.head === 'own' ? recipe : { ...recipe, student: { ...student, head: 'own' } };
}

/** The same with a classifier of its own. */
function describeOwn(recipe: Recipe, role: RecipeNetwork, classes: number): Network {
  const { architecture, width, stemStride, firstStrides } = recipe[role];
  const { inputSize } = recipe.data;
  return buildNetwork({
    architecture,
    width,
    classes,
    inputSize,
    stemStride: resolveStemStride(stemStride, inputSize),
    firstStrides,
  });
}

/**
 * The network that a recipe's teacher or student starts as: fresh, or with the weights of the file it names. The classifier that
 * a student reuses is as fresh until `adoptClassifier` puts the teacher's numbers in, unless the file has it.
 *
 * @returns `ready`: whether it can classify as it is, because its classifier was imported too; `leftOut`: whether the file's
 * classifier was not, because the network has the teacher's
 * @throws DecantError `weights.unreadable`, `weights.mismatch`
 */
export async function startModel(
  recipe: Recipe,
  role: RecipeNetwork,
  { classes, random }: { classes: number; random: Random },
): Promise<Model & { ready: boolean; leftOut: boolean }> {
  const network = describeModel(recipe, role, classes);
  const path = recipe[role].weights;
  const fresh = () => initializeWeights(network, random.fork(role));
  if (path === null) return { network, weights: fresh(), ready: false, leftOut: false };
  const bytes = await readWeightsFile(path, role);
  if (reusesClassifier(network) && !haveProjector(readSafetensors(bytes).tensors)) {
    const { weights: imported } = importWeights(describeOwn(recipe, role, classes), bytes, random.fork(role));
    const weights = new Map([...fresh()].map(([name, values]) => [name, imported.get(name) ?? values]));
    return { network, weights, ready: false, leftOut: true };
  }
  const { weights, replacedHead } = importWeights(network, bytes, random.fork(role));
  return { network, weights, ready: !replacedHead, leftOut: false };
}

/** @throws DecantError `weights.unreadable` */
export async function readWeightsFile(path: string, role: RecipeNetwork): Promise<Uint8Array> {
  const fail = (reason: string | undefined, cause?: unknown): never => {
    throw new DecantError(
      'weights.unreadable',
      `The weights file ${path} cannot be read (${reason}); check ${role}.weights.`,
      { path, reason },
      { cause },
    );
  };
  const failWith = (error: NodeJS.ErrnoException) => fail(error.code, error);
  // A device or a pipe may never end.
  if (!(await stat(path).catch(failWith)).isFile()) fail('it is not a file');
  return readFile(path).catch(failWith);
}

/** @throws DecantError `recipe.invalid` when a network that is not to be trained cannot classify as it is */
export function requireReady(
  { network: { classes }, ready }: Model & { ready: boolean },
  recipe: Recipe,
  role: RecipeNetwork,
): void {
  if (ready) return;
  throw new DecantError(
    'recipe.invalid',
    `The ${role} is not trained (0 epochs), but its weights cannot classify these ${classes} classes; give it epochs, or name weights with a classifier for them.`,
    { role, weights: recipe[role].weights, classes },
  );
}

/** A model as one file: safetensors, with the description in its metadata. */
export function encodeModel({ network, weights }: Model): Uint8Array {
  return writeSafetensors(weights, { 'decant.network': JSON.stringify(writeStored(NETWORK_FORM, network)) });
}

/**
 * Reads what `encodeModel` wrote.
 *
 * @throws DecantError `weights.unreadable`, `network.invalid`, `weights.mismatch`
 */
export function decodeModel(bytes: Uint8Array, source: string): Model {
  const { tensors, metadata } = readSafetensors(bytes);
  const description = metadata['decant.network'];
  if (description === undefined)
    throw new DecantError(
      'weights.unreadable',
      `${source} has weights but no description of their network; name a file that Decant wrote.`,
      { source },
    );
  let network: Network;
  try {
    network = parseClassifier(JSON.parse(description));
  } catch (cause) {
    if (cause instanceof DecantError) throw cause;
    throw new DecantError(
      'weights.unreadable',
      `The description of the network in ${source} is not JSON: the file is damaged; name another one that Decant wrote.`,
      { source },
      { cause },
    );
  }
  checkWeights(parameterSpecs(network), tensors);
  return { network, weights: tensors };
}
