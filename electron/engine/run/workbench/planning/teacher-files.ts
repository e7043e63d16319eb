import { stat } from 'node:fs/promises';
import { findNeeds } from '../../../../../shared/run/methods.ts';
import type { Recipe } from '../../../../../shared/run/recipe.ts';
import { DecantError } from '../../../core/errors.ts';
import type { Network } from '../../../model/index.ts';
import { findTeacherFile, openFileTeacher } from '../../teacher/run-teacher.ts';
import type { TeacherFile } from './plan-run.ts';

/** Files that are remembered. */
const REMEMBERED = 8;

/** Looks at files that recipes name as teachers; what was found is remembered until the file or the question changes. */
export class TeacherFiles {
  readonly #known = new Map<string, Promise<TeacherFile>>();

  /**
   * Opens the teacher of a recipe as a run would, and closes it.
   *
   * @param classes names of the dataset's classes; null: they are not compared with the file's
   * @param student before any cut
   */
  async look(recipe: Recipe, classes: readonly string[] | null, student: Network): Promise<TeacherFile> {
    const { inputSize } = recipe.data;
    const pairs = findNeeds(recipe.distill).has('maps') ? recipe.distill.pairs : null;
    const version = await readVersion(findTeacherFile(recipe)!); // Asked only where there is one.
    const key = JSON.stringify([recipe.teacher.onnx, version, inputSize, pairs, classes]);
    const known = this.#known.get(key) ?? open(recipe, classes, student);
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) if (this.#known.size > REMEMBERED) this.#known.delete(oldest);
    return known;
  }
}

async function open(recipe: Recipe, classes: readonly string[] | null, student: Network): Promise<TeacherFile> {
  try {
    const teacher = (await openFileTeacher({ recipe, classes, student, kept: null }))!; // The recipe names one.
    await teacher.close();
    return { description: teacher.description };
  } catch (error) {
    if (error instanceof DecantError) return { problem: error.message };
    throw error;
  }
}

/** Tells contents of a file apart without reading it; null where it is not there. */
async function readVersion(path: string): Promise<string | null> {
  const facts = await stat(path).catch(() => null);
  return facts && `${facts.size} ${facts.mtimeMs}`;
}
