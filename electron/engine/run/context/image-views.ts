import { createHash } from 'node:crypto';
import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { ImageView } from '../../teacher/index.ts';

/** Whether training sees images as they are in the dataset. */
export function isPlain({ data: { augmentation } }: Pick<Recipe, 'data'>): boolean {
  const { crop, flip, colorJitter, hue, grayscale, blur, erasing, mixup, cutmix } = augmentation;
  const strengths = [colorJitter, hue, grayscale, blur, erasing, mixup, cutmix];
  return crop === 'none' && !flip && strengths.every((strength) => strength === 0);
}

/** Where numbered views of a dataset are drawn from: the same in all runs with these images, of this size, augmented like this. */
export function augmentationSeed({ data }: Pick<Recipe, 'data'>, fingerprint: string): string {
  // What is off is left out where views were numbered before there was such an augmentation.
  const { hue, jitterChance, grayscale, blur, ...first } = data.augmentation;
  const later = {
    ...(hue && { hue }),
    ...(jitterChance < 1 && { jitterChance }),
    ...(grayscale && { grayscale }),
    ...(blur && { blur }),
  };
  const facts = JSON.stringify([fingerprint, data.inputSize, { ...first, ...later }]);
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
