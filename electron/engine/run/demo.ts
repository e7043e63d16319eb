import { type PartialRecipe, recipeSchema } from '../../../shared/run/recipe.ts';
import type { Report } from '../../../shared/run/report.ts';
import { drawSample } from './begin/sample-dataset.ts';
import { compress } from './compress.ts';
import type { CompressOptions } from './context/compress-options.ts';
import { progressListener } from './context/run-context.ts';
import { claimOutput } from './results/write-results.ts';

/** What the demo does with its pictures. */
export const DEMO_RECIPE: PartialRecipe = {
  data: { inputSize: 32 },
  train: { batch: 32, teacherEpochs: 14, warmUpEpochs: 4, pruneEpochs: 6, fineTuneEpochs: 10 },
  measure: { ckaImages: 256 },
};

export type DemoOptions = Pick<
  CompressOptions,
  'home' | 'cacheLimitBytes' | 'backend' | 'threads' | 'listener' | 'signal'
> & {
  readonly out: string;
};

/** The whole process on images that Decant draws itself. Throws what `compress` throws. */
export async function demo(options: DemoOptions): Promise<Report> {
  const { home, out, listener, signal } = options;
  await (await claimOutput(out))(); // Drawing takes a while.
  const dataset = await drawSample(home, { listener: progressListener(listener), signal });
  return compress({ ...options, dataset, recipe: recipeSchema.parse(DEMO_RECIPE), resume: null });
}
