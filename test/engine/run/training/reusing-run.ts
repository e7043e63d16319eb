import { join } from 'node:path';
import type { CompressOptions } from '../../../../electron/engine/run/context/compress-options.ts';
import { readModel } from '../../../../electron/engine/run/context/kept-models.ts';
import type { Model } from '../../../../electron/engine/run/context/models.ts';
import { findRun, openStore } from '../../../../electron/engine/store/index.ts';
import { type PartialRecipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import { LINE_NAMES, type Line } from '../../../../shared/run/stages.ts';
import { TINY_RECIPE } from '../../../e2e/real-cli.ts';

/** The smallest run of a student that keeps its teacher's classifier, with cuts and with all that it is compared with. */
export const REUSING = {
  ...TINY_RECIPE,
  student: { ...TINY_RECIPE.student, head: 'teacher' },
  train: {
    ...TINY_RECIPE.train,
    ...{ teacherEpochs: 1, warmUpEpochs: 1, pruneEpochs: 1, fineTuneEpochs: 1, baseline: true, alone: true },
    optimizer: { ema: 0.9, clipNorm: 5 },
  },
  distill: { crossEntropy: { weight: 0 }, logits: { weight: 0 }, reviewkd: { weight: 0 }, simkd: { weight: 1 } },
  prune: { macs: 0.85, steps: 2, multiple: 4 },
  export: { formats: ['onnx', 'tflite'] },
} satisfies PartialRecipe;

/** What such a run is started with. */
export function optionsIn(folder: string, recipe: PartialRecipe): CompressOptions {
  return {
    home: join(folder, 'home'),
    dataset: join(folder, 'pictures'),
    recipe: recipeSchema.parse(recipe),
    resume: null,
    out: null,
    backend: 'simd',
    threads: 1,
    listener: () => undefined,
    signal: new AbortController().signal,
  };
}

/** The networks that a run keeps, by line. */
export async function readModels(home: string, run: string): Promise<Partial<Record<Line, Model>>> {
  const store = openStore(home);
  try {
    const { id } = findRun(store.db, run);
    const models: Partial<Record<Line, Model>> = {};
    for (const line of LINE_NAMES) {
      const model = await readModel({ store, id }, line);
      if (model) models[line] = model;
    }
    return models;
  } finally {
    store.close();
  }
}
