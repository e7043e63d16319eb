import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { isReference } from './weights-reference.ts';

/** A file that a recipe names. */
export interface RecipeFile {
  /** Where: `teacher.weights`. */
  readonly key: string;
  /** Absolute. */
  readonly path: string;
  /** Whether it was named as lying on another machine (`\\host\share`). */
  readonly remote: boolean;
}

/** Where a recipe may name files. */
const KEYS = ['teacher.weights', 'student.weights', 'teacher.onnx.file'] as const;

/**
 * The files that a recipe names, whose relative paths, but not its references, are made absolute in it, from `folder`: it may
 * then be used from anywhere.
 *
 * @param recipe as it was read, checked or not
 */
export function placeRecipeFiles(recipe: object, folder: string): RecipeFile[] {
  const files: RecipeFile[] = [];
  for (const key of KEYS) {
    const names = key.split('.');
    const last = names.pop()!;
    const owner = names.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), recipe);
    if (!isRecord(owner)) continue;
    const named = owner[last];
    // An ONNX file is always a file, whatever it is called.
    if (typeof named !== 'string' || (last === 'weights' && isReference(named))) continue;
    const path = resolve(folder, named);
    owner[last] = path;
    files.push({ key, path, remote: /^[\\/]{2}/.test(named) });
  }
  return files;
}

/** The same recipe, placed in the current folder. */
export function withAbsolutePaths(recipe: Recipe): Recipe {
  const placed = structuredClone(recipe);
  placeRecipeFiles(placed, process.cwd());
  return placed;
}

/** Those that lie on another machine, or in none of the folders: a recipe of a stranger could name any. */
export function listForeignFiles(files: readonly RecipeFile[], folders: readonly string[]): RecipeFile[] {
  return files.filter(({ path, remote }) => remote || !folders.some((folder) => isInside(path, folder)));
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
