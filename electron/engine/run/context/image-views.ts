import { createHash } from 'node:crypto';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { ImageView } from '../../teacher/index.ts';

/** Whether training sees images as they are in the dataset. */
export function isPlain({ data: { augmentation } }: Pick<Recipe, 'data'>): boolean {
  const { crop, flip, colorJitter, erasing, mixup, cutmix } = augmentation;
  return crop === 'none' && !flip && colorJitter === 0 && erasing === 0 && mixup === 0 && cutmix === 0;
}

/** Where numbered views of a dataset are drawn from: the same in all runs with these images, of this size, augmented like this. */
export function augmentationSeed({ data }: Pick<Recipe, 'data'>, fingerprint: string): string {
  const facts = JSON.stringify([fingerprint, data.inputSize, data.augmentation]);
  return `views ${createHash('sha256').update(facts).digest('hex').slice(0, 16)}`;
}

/**
 * What the images of an epoch show, and their second views; null where they do not come again.
 *
 * @param views after how many epochs augmentations repeat; null: never
 */
export function nameViews(
  recipe: Pick<Recipe, 'data'>,
  { views, epoch }: { views: number | null; epoch: number },
): readonly [ImageView, ImageView] | null {
  if (isPlain(recipe)) return ['plain', 'plain'];
  if (views === null) return null;
  const view = epoch % views;
  return [view, views + view];
}
