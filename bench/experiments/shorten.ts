import { join } from 'node:path';
import { drawDataset } from '../../electron/engine/data/index.ts';
import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { DRAWN, type Experiment, merge } from './experiment.ts';

/** Arms of a shortened experiment besides its reference. */
const ARMS = 4;

/**
 * The smallest form of an experiment that still goes every step of the whole one: drawn images, some arms, an epoch of each
 * kind, one seed, no weights from elsewhere.
 */
export function shorten(experiment: Experiment): Experiment {
  const brief: PartialRecipe = {
    data: { inputSize: 16 },
    teacher: { width: 0.25, weights: null },
    student: { width: 0.2, weights: null },
    train: { batch: 8 },
  };
  const { recipe, arms, reference } = experiment;
  const epochs = Object.fromEntries(
    Object.entries(recipe.train ?? {}).map(([key, value]) => [
      key,
      key.endsWith('Epochs') ? Math.min(1, Number(value)) : value,
    ]),
  );
  return {
    ...experiment,
    images: { file: DRAWN, trainPerClass: null, testPerClass: null },
    teacher: experiment.teacher && merge(experiment.teacher, brief, { train: { teacherEpochs: 1 } }),
    recipe: merge(recipe, { train: epochs }),
    arms: arms
      .filter(({ name }, i) => name === reference || i < ARMS)
      .map((arm) => ({ ...arm, recipe: merge(arm.recipe, brief) })),
    seeds: 1,
  };
}

/** The drawn images of a shortened experiment. */
export async function drawShort(out: string): Promise<string> {
  const folder = join(out, 'images', 'drawn');
  await drawDataset(folder, { classes: 4, trainPerClass: 12, testPerClass: 3, size: 16, seed: 1 });
  return folder;
}
