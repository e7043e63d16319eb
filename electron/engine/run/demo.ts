import { join } from 'node:path';
import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import type { Report } from '../../../shared/run/report.ts';
import { drawDataset } from '../data/index.ts';
import { type CompressOptions, compress } from './compress.ts';
import { progressListener } from './run-context.ts';
import { claimOutput } from './write-results.ts';

/** Pictures of the demo: enough to tell a student from its teacher, few enough for minutes. */
const DRAWING = { classes: 10, trainPerClass: 180, testPerClass: 100, size: 32, seed: 1 };

const RECIPE: PartialRecipe = {
  data: { inputSize: 32 },
  train: { batch: 32, teacherEpochs: 14, warmUpEpochs: 3, pruneEpochs: 4, fineTuneEpochs: 5 },
  measure: { ckaImages: 256 },
};

export type DemoOptions = Pick<
  CompressOptions,
  'home' | 'cacheLimitBytes' | 'backend' | 'threads' | 'listener' | 'signal'
> & {
  readonly out: string;
};

/** The whole road on pictures that Decant draws itself. Throws what `compress` throws. */
export async function demo(options: DemoOptions): Promise<Report> {
  const { home, out, listener, signal } = options;
  const dataset = join(home, 'drawn-pictures');
  await (await claimOutput(out))(); // Drawing takes a while.
  await drawDataset(dataset, { ...DRAWING, listener: progressListener(listener), signal });
  return compress({ ...options, dataset, recipe: recipeSchema.parse(RECIPE), resume: null });
}
