import { open } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { checkRecipe } from '../../../shared/run/check-recipe.ts';
import type { Recipe } from '../../../shared/run/recipe.ts';
import { findRecipeFileProblem } from '../../../shared/run/recipe-file.ts';
import { upgradeRecipe } from '../../../shared/stored/recipe-form.ts';
import { cleanText } from '../../../shared/text/clean.ts';
import { DecantError, listForeignFiles, placeRecipeFiles, type RecipeFile } from '../../engine/index.ts';
import type { Desktop } from '../desktop.ts';

const LARGEST_BYTES = 1 << 20;

/**
 * Reads a recipe file: its name without extension, and the recipe with its defaults filled in. Files that it names relatively
 * lie beside it; whether others may be opened the user is asked.
 *
 * @param context `home`: folder whose files need no question
 * @throws DecantError `recipe.invalid` with one sentence
 */
export async function readRecipe(
  path: string,
  { desktop, home }: { desktop: Pick<Desktop, 'confirm'>; home: string },
): Promise<{ name: string; recipe: Recipe }> {
  const text = await readText(path);
  const problem = findRecipeFileProblem(path, text);
  if (problem) throw invalid(problem, path);
  const stored = upgradeRecipe(JSON.parse(text), path);
  if (stored.problem !== null) throw invalid(stored.problem, path);
  const { recipe, problems } = checkRecipe(stored.recipe);
  if (!recipe) throw invalid(`${path}: ${problems.join(' ')}`, path);
  const folder = dirname(resolve(path));
  const foreign = listForeignFiles(placeRecipeFiles(recipe, folder), [folder, home]);
  if (foreign.length > 0) await askFor(foreign, path, desktop);
  return { name: basename(path, extname(path)), recipe };
}

/** @throws DecantError `recipe.invalid` unless the user allows the files */
async function askFor(files: readonly RecipeFile[], path: string, desktop: Pick<Desktop, 'confirm'>): Promise<void> {
  const names = files.map(({ path }) => cleanText(path));
  const allowed = await desktop.confirm({
    title: 'Open files outside the recipe’s folder?',
    message: `The recipe ${basename(path)} names files that do not lie beside it. Open them only if you trust whoever made the recipe.`,
    detail: names.join('\n'),
    accept: 'Open them',
  });
  if (allowed) return;
  throw invalid(
    `${path} was not opened, because it names ${names[0]}, which lies outside its folder; put the file beside the recipe, or allow it.`,
    path,
  );
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
