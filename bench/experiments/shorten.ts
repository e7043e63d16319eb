import { join } from 'node:path';
import { drawDataset } from '../../electron/engine/data/index.ts';
import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { DRAWN, type Experiment, merge } from './experiment.ts';

/** Arms of a shortened experiment besides its reference. */
const ARMS = 2;

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
  return {
    ...experiment,
    images: { file: DRAWN, trainPerClass: null, testPerClass: null },
    teacher: experiment.teacher && merge(shortenEpochs(experiment.teacher), brief, { train: { teacherEpochs: 1 } }),
    recipe: shortenEpochs(recipe),
    arms: arms
      .filter(({ name }, i) => name === reference || i < ARMS)
      .map((arm) => ({
        ...arm,
        recipe: merge(shortenEpochs(arm.recipe), brief),
        ...(arm.teacher && { teacher: shortenEpochs(arm.teacher) }),
      })),
    seeds: 1,
  };
}

/** One epoch of each kind, or none. */
function shortenEpochs(recipe: PartialRecipe): PartialRecipe {
  const shortened = (section: object = {}) =>
    Object.fromEntries(
      Object.entries(section).map(([key, value]) => [key, key.endsWith('Epochs') ? Math.min(1, Number(value)) : value]),
    );
  const search = recipe.search ? { search: { epochs: 1, population: 2, rounds: 2 } } : {};
  return merge(recipe, { train: shortened(recipe.train), pretrain: shortened(recipe.pretrain) }, search);
}

/** The drawn images of a shortened experiment. */
export async function drawShort(out: string): Promise<string> {
  const folder = join(out, 'images', 'drawn');
  await drawDataset(folder, { classes: 4, trainPerClass: 12, testPerClass: 3, size: 16, seed: 1 });
  return folder;
}
