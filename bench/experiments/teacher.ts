import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../electron/engine/core/atomic-file.ts';
import { learnFromLabels } from '../../shared/run/methods.ts';
import { type PartialRecipe, recipeSchema } from '../../shared/run/recipe.ts';
import { BRIEF, merge } from './experiment.ts';
import { type TrainOptions, trainRun } from './train-run.ts';

/** A student that is hardly one: only its teacher is wanted. */
const BARE_STUDENT: PartialRecipe = {
  student: { width: 0.1 },
  train: { warmUpEpochs: 1, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
  prune: { macs: null },
  distill: learnFromLabels(recipeSchema.parse({}).distill),
};

export interface SharedTeacher {
  /** Path of its weights. */
  readonly weights: string;
  readonly top1: number;
}

/** The teacher of a recipe on a dataset, trained once and kept for all experiments. */
export async function provideTeacher(
  recipe: PartialRecipe,
  { out, ...options }: Pick<TrainOptions, 'home' | 'dataset' | 'signal' | 'tell'> & { out: string },
): Promise<SharedTeacher> {
  const whole = merge(BRIEF, BARE_STUDENT, recipe);
  // What the student is made of does not matter.
  const hash = createHash('sha256')
    .update(JSON.stringify([options.dataset, recipe]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(out, 'teachers', hash);
  const weights = join(folder, 'weights.safetensors');
  const figures = join(folder, 'teacher.json');
  if (!existsSync(figures)) {
    options.tell(`Teacher ${hash}: ${JSON.stringify(recipe)}`);
    await mkdir(folder, { recursive: true });
    const results = join(folder, 'run');
    await rm(results, { recursive: true, force: true });
    const { teacher } = await trainRun({ ...options, folder, key: hash, recipe: whole, out: results });
    await rename(join(results, 'teacher', 'weights.safetensors'), weights);
    await writeFileAtomically(figures, JSON.stringify({ top1: teacher.top1, recipe: whole }));
    await rm(results, { recursive: true, force: true });
  }
  const { top1 } = JSON.parse(await readFile(figures, 'utf8')) as { top1: number }; // Written above.
  return { weights, top1 };
}
