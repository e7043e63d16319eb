import { readFile, stat } from 'node:fs/promises';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { RecipeNetwork } from '../../../../shared/run/roles.ts';
import { writeStored } from '../../../../shared/stored/form.ts';
import { NETWORK_FORM } from '../../../../shared/stored/network-form.ts';
import { DecantError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import {
  buildNetwork,
  checkWeights,
  importWeights,
  initializeWeights,
  type Network,
  parameterSpecs,
  parseClassifier,
  readSafetensors,
  type Weights,
  writeSafetensors,
} from '../../model/index.ts';
import { resolveStemStride } from '../../model/stem-stride.ts';

/** A network with its numbers. */
export interface Model {
  readonly network: Network;
  readonly weights: Weights;
}

/** The description of a recipe's teacher or student for a number of classes. */
export function describeModel(recipe: Recipe, role: RecipeNetwork, classes: number): Network {
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
 * The network that a recipe's teacher or student starts as: fresh, or with the weights of the file it names.
 *
 * @returns `ready`: whether it can classify as it is, because its classifier was imported too
 * @throws DecantError `weights.unreadable`, `weights.mismatch`
 */
export async function startModel(
  recipe: Recipe,
  role: RecipeNetwork,
  { classes, random }: { classes: number; random: Random },
): Promise<Model & { ready: boolean }> {
  const network = describeModel(recipe, role, classes);
  const path = recipe[role].weights;
  if (path === null) return { network, weights: initializeWeights(network, random.fork(role)), ready: false };
  const bytes = await readWeightsFile(path, role);
  const { weights, replacedHead } = importWeights(network, bytes, random.fork(role));
  return { network, weights, ready: !replacedHead };
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
