import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findRecipeFileProblem } from '../../shared/run/recipe-file.ts';
import { upgradeRecipe } from '../../shared/stored/recipe-form.ts';
import { shorten } from '../../shared/text/shorten.ts';
import { DecantError, listForeignFiles, placeRecipeFiles } from '../engine/index.ts';

/**
 * A recipe as given, unchecked: the file's content with the `--set` values put in. Files that the recipe's file names relatively
 * lie beside it. Others are refused unless they are allowed, lie in the home or are named by `--set`: whoever made the recipe
 * could name any.
 *
 * @throws DecantError `recipe.invalid`
 */
export function readRecipeInput(
  file: string | undefined,
  assignments: readonly string[],
  { home, allowOutside }: { home: string; allowOutside: boolean },
): Record<string, unknown> {
  const recipe = file === undefined ? {} : readRecipeFile(file);
  const folder = dirname(resolve(file ?? ''));
  const foreign = listForeignFiles(placeRecipeFiles(recipe, folder), [folder, home]);
  const assigned = assignments.map((assignment) => assign(recipe, assignment));
  const left = foreign.find(({ key }) => !assigned.some((set) => key === set || key.startsWith(`${set}.`)));
  if (left && !allowOutside)
    throw invalid(
      `${file} names ${shorten(left.path, 300)} for "${left.key}", which lies outside its folder; if you trust whoever made the recipe, add --allow-files-outside.`,
    );
  return recipe;
}

function readRecipeFile(path: string): Record<string, unknown> {
  let text: string;
  const kind = statSync(path, { throwIfNoEntry: false });
  // A device or a pipe may never end.
  if (kind && !kind.isFile() && !kind.isDirectory())
    throw invalid(`The recipe ${path} is not a file; give the path of a JSON file with --recipe.`);
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw invalid(`The recipe ${path} cannot be read: ${reason}; give the path of a JSON file with --recipe.`);
  }
  const problem = findRecipeFileProblem(path, text);
  if (problem) throw invalid(problem);
  const { recipe, problem: refusal } = upgradeRecipe(JSON.parse(text), path);
  if (refusal !== null) throw invalid(refusal);
  return { ...recipe };
}

/** Sets one key by its path with dots, and gives it. The value is JSON where it can be read as JSON, else the text itself. */
function assign(recipe: Record<string, unknown>, assignment: string): string {
  const [, key, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (key === undefined || text === undefined || key.split('.').includes(''))
    throw invalid(`--set ${assignment} is not understood; write --set key=value, such as --set prune.macs=0.5.`);
  const names = key.split('.');
  let target = recipe;
  for (const name of names.slice(0, -1)) {
    if (!Object.hasOwn(target, name)) define(target, name, {});
    const next = target[name];
    if (!isObject(next)) throw invalid(`--set ${assignment} sets a part of "${name}", which is a single value.`);
    target = next;
  }
  define(target, names.at(-1)!, readValue(text));
  return key;
}

/** Makes an own property whatever its name, `__proto__` included, which is then reported as unknown. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): DecantError {
  return new DecantError('recipe.invalid', message);
}
