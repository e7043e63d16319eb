import { basename } from 'node:path';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { JOB_FORM, type JobDescription } from '../../../../shared/stored/job-forms.ts';
import type { BlobStore } from '../../blobs/index.ts';
import { placeRecipeFiles } from '../begin/recipe-files.ts';
import { decantVersion } from '../context/machine.ts';
import { putStored } from './stored-blobs.ts';

/**
 * Describes the run of a recipe as a job, puts the files that the recipe names into the blob store, and gives the job's key.
 *
 * @param recipe whose references to weights are resolved to paths
 */
export async function describeJob(
  blobs: BlobStore,
  recipe: Recipe,
  { fingerprint, images, backend }: Pick<JobDescription, 'fingerprint' | 'images' | 'backend'>,
): Promise<string> {
  const placed = structuredClone(recipe);
  const files: JobDescription['files'] = [];
  for (const { key, path } of placeRecipeFiles(placed, process.cwd())) {
    const name = basename(path);
    files.push({ key, name, sha256: await blobs.putFile(path) });
    setPath(placed, key, name);
  }
  return putStored(blobs, JOB_FORM, {
    kind: 'run',
    decant: decantVersion(),
    backend,
    recipe: placed,
    fingerprint,
    images,
    files,
  });
}

/** Sets the path of a file that a recipe names. */
export function setPath(recipe: Recipe, key: string, path: string): void {
  if (key === 'teacher.weights') recipe.teacher.weights = path;
  else if (key === 'student.weights') recipe.student.weights = path;
  else if (key === 'teacher.onnx.file') recipe.teacher.onnx.file = path;
  else throw new TypeError(`A recipe names no file as ${key}.`);
}
