import { z } from 'zod';
import { DecantError } from '../../engine/index.ts';

/** What is no file: another run's network, or published weights. */
const REFERENCE = /^(run|catalogue):[0-9a-z_-][0-9a-z._-]{0,99}(\/[a-z-]{1,20})?$/;

const onnx = z.looseObject({ file: z.unknown() }).partial().optional().catch(undefined);
const network = z.looseObject({ weights: z.unknown(), onnx }).partial().optional().catch(undefined);
const recipeWithWeights = z.looseObject({ teacher: network, student: network });

/** Whether a recipe's `weights` names a file. */
function isPath(weights: unknown): weights is string {
  return typeof weights === 'string' && !REFERENCE.test(weights);
}

/** The weights files that the window may name: those that the user picked, and those of recipes and runs that are there. */
export class WeightsPaths {
  readonly #known = new Set<string>();

  add(path: string): void {
    this.#known.add(path);
  }

  /** Those that a trusted recipe names. */
  addOf(recipe: unknown): void {
    for (const path of listPaths(recipe)) this.add(path);
  }

  /** @throws DecantError `recipe.invalid` for a recipe from the window that names another file */
  check(recipe: unknown): void {
    const path = listPaths(recipe).find((path) => !this.#known.has(path));
    if (path === undefined) return;
    throw new DecantError(
      'recipe.invalid',
      `The weights file ${path} was not chosen in this window; choose it again with the button for weights files.`,
      { path },
    );
  }
}

function listPaths(recipe: unknown): string[] {
  const { data } = recipeWithWeights.safeParse(recipe);
  const { teacher, student } = data ?? {};
  // An ONNX file is always a file, whatever it is called.
  const files = [teacher?.onnx?.file, student?.onnx?.file].filter((file) => typeof file === 'string');
  return [...[teacher?.weights, student?.weights].filter(isPath), ...files];
}
