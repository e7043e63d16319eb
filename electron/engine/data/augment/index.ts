import type { BatchAugmentation, ImageAugmentation } from './augmentation.ts';
import { blur } from './blur.ts';
import { colorJitter } from './color-jitter.ts';
import { flip } from './flip.ts';
import { grayscale } from './grayscale.ts';
import { cutmix, mixup } from './mix.ts';
import { padCrop } from './pad-crop.ts';
import { randomErasing } from './random-erasing.ts';
import { resizedCrop } from './resized-crop.ts';

/** Applied to every image, in this order. To add one: a file of its own, and a line here. */
export const IMAGE_AUGMENTATIONS: readonly ImageAugmentation[] = [
  padCrop,
  resizedCrop,
  flip,
  colorJitter,
  grayscale,
  blur,
  randomErasing,
];

/** Applied to every batch, in this order, after normalization. */
export const BATCH_AUGMENTATIONS: readonly BatchAugmentation[] = [mixup, cutmix];
