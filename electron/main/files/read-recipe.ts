import { open } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { checkRecipe } from '../../../shared/run/check-recipe.ts';
import type { Recipe } from '../../../shared/run/recipe.ts';
import { findRecipeFileProblem } from '../../../shared/run/recipe-file.ts';
import { upgradeRecipe } from '../../../shared/stored/recipe-form.ts';
import { DecantError } from '../../engine/index.ts';
import { isPath } from './weights-paths.ts';

const LARGEST_BYTES = 1 << 20;

/**
 * Reads a recipe file: its name without extension, and the recipe with its defaults filled in. Weights that it names
 * relatively lie beside it.
 *
 * @throws DecantError `recipe.invalid` with one sentence
 */
export async function readRecipe(path: string): Promise<{ name: string; recipe: Recipe }> {
  const text = await readText(path);
  const problem = findRecipeFileProblem(path, text);
  if (problem) throw invalid(problem, path);
  const stored = upgradeRecipe(JSON.parse(text), path);
  if (stored.problem !== null) throw invalid(stored.problem, path);
  const { recipe, problems } = checkRecipe(stored.recipe);
  if (!recipe) throw invalid(`${path}: ${problems.join(' ')}`, path);
  for (const network of [recipe.teacher, recipe.student])
    if (isPath(network.weights)) network.weights = resolve(dirname(path), network.weights);
  return { name: basename(path, extname(path)), recipe };
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > LARGEST_BYTES)
      throw invalid(`${path} has ${size} bytes, which is too large for a recipe; open a file that Decant saved.`, path);
    return (await file.readFile('utf8')).replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof DecantError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw invalid(`The recipe ${path} cannot be read: ${reason}; open another file.`, path);
  }
}

function invalid(message: string, path: string): DecantError {
  return new DecantError('recipe.invalid', message, { path });
}
