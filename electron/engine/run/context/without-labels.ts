import type { Recipe } from '../../../../shared/run/recipe.ts';
import { LINES, type Line } from '../../../../shared/run/stages.ts';
import { recipeForTraining } from '../../../../shared/run/without-labels.ts';
import type { Splits } from '../../data/index.ts';

/** All images that may be learned from without their labels: those for training and those without a label, ascending. */
export function listWithoutLabels({ train, unlabelled }: Pick<Splits, 'train' | 'unlabelled'>): Int32Array {
  return Int32Array.from([...train, ...unlabelled]).sort();
}

/** What a line is trained by and on: its own settings, and all images there are where it reads no labels. */
export function dressForLine<
  Context extends { readonly recipe: Recipe },
  Data extends { readonly splits: Pick<Splits, 'train' | 'unlabelled'> },
>(context: Context, data: Data, line: Line): { context: Context; data: Data } {
  if (LINES[line].labelled) return { context, data };
  return {
    context: { ...context, recipe: recipeForTraining(context.recipe, line) },
    data: { ...data, splits: { ...data.splits, train: listWithoutLabels(data.splits) } },
  };
}
