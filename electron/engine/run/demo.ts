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
  train: { batch: 32, teacherEpochs: 14, warmUpEpochs: 4, pruneEpochs: 6, fineTuneEpochs: 14 },
  measure: { ckaImages: 256 },
};

/** The same where only ten pictures of each class are sorted: what their labels are for is learned from all pictures first. */
export const FEW_LABELS_RECIPE: PartialRecipe = {
  data: { inputSize: 32, labels: 10 },
  pretrain: { teacherEpochs: 30, studentEpochs: 15, batch: 64 },
  distill: { unlabelled: { weight: 1, share: 4 }, features: { weight: 0 } },
  train: { batch: 32, teacherEpochs: 40, warmUpEpochs: 10, pruneEpochs: 10, fineTuneEpochs: 20, alone: true },
  measure: { ckaImages: 256 },
};

export type DemoOptions = Pick<
  CompressOptions,
  'home' | 'cacheLimitBytes' | 'backend' | 'threads' | 'listener' | 'signal'
> & {
  readonly out: string;
  /** Whether most pictures have no label. */
  readonly fewLabels?: boolean;
};

/** The whole process on images that Decant draws itself. Throws what `compress` throws. */
export async function demo(options: DemoOptions): Promise<Report> {
  const { fewLabels = false, ...common } = options;
  const { home, out, listener, signal } = common;
  await (await claimOutput(out))(); // Drawing takes a while.
  const dataset = await drawSample(home, { listener: progressListener(listener), signal });
  const recipe = recipeSchema.parse(fewLabels ? FEW_LABELS_RECIPE : DEMO_RECIPE);
  return compress({ ...common, dataset, recipe, resume: null });
}
