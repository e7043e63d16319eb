import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import { RECIPE_NETWORKS } from '../../../../shared/run/roles.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import type { WeightsFileRecord } from '../../store/index.ts';
import { readWeightsFile } from '../context/models.ts';
import { readTeacherFile } from '../teacher/run-teacher.ts';

/**
 * The weights files that a recipe names, with the SHA-256 of their content.
 *
 * @throws DecantError `weights.unreadable`
 */
export async function fingerprintWeights(recipe: Recipe): Promise<WeightsFileRecord[]> {
  const files: WeightsFileRecord[] = [];
  const { file } = recipe.teacher.onnx;
  if (file !== null) files.push({ role: 'teacher', path: file, sha256: hash(await readTeacherFile(file)) });
  for (const role of RECIPE_NETWORKS) {
    const path = recipe[role].weights;
    if (path !== null) files.push({ role, path, sha256: hash(await readWeightsFile(path, role)) });
  }
  return files;
}

/**
 * Makes sure that the weights files of a run to resume are those it began with.
 *
 * @throws DecantError `run.resume`
 */
export async function checkWeightsFiles(run: RunId, files: readonly WeightsFileRecord[]): Promise<void> {
  for (const { role, path, sha256 } of files) {
    const content = await readFile(path).catch(() => null);
    if (content !== null && hash(content) === sha256) continue;
    const reason = content === null ? 'can no longer be read' : 'has changed since it began';
    throw new DecantError(
      'run.resume',
      `Run ${run} cannot continue: the file ${path} of ${role}.weights ${reason}; put it back or start a new run.`,
      { run, role, path },
    );
  }
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
