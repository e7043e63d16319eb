import type { Recipe } from '../../../../shared/run/recipe.ts';
import type { Random } from '../../core/random.ts';
import type { Batch } from '../batch.ts';
import type { WorkingImage } from './working-image.ts';

type Settings = Recipe['data']['augmentation'];

/** Changes one image in place. `random` belongs to this augmentation, this image and this epoch. */
export interface ImageAugmentation {
  name: string;
  isOn(settings: Settings): boolean;
  apply(image: WorkingImage, settings: Settings, random: Random): void;
}

/** Changes a whole batch in place, after normalization: its images, targets and labels. */
export interface BatchAugmentation {
  name: string;
  isOn(settings: Settings): boolean;
  apply(work: { batch: Batch; classes: number; imageSize: number }, settings: Settings, random: Random): void;
}

export type { Settings as AugmentationSettings };
