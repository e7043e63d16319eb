import { NORMALIZATION } from '../data/normalization.ts';
import type { Network } from '../model/index.ts';

/** How `data/decode-image.ts` brings every image to the input size; an app has to do the same. */
export const RESIZE =
  'rotated as EXIF says, transparency replaced by white, scaled (Lanczos) to cover the input, then cropped to its centre';

/** What an exported file must carry so that a phone sees what the desktop saw. */
export interface Preprocessing {
  /** Height and width of the input image, pixels. */
  inputSize: readonly [height: number, width: number];
  /** How images of other sizes are brought to it: a sentence for the person who writes the app. */
  resize: string;
  /** Of each channel (red, green, blue) in [0, 1]; (x / 255 - mean) / std is what the network was trained on. */
  mean: readonly number[];
  std: readonly number[];
}

/** The preprocessing that every network here was trained with. */
export function describePreprocessing({ inputSize }: Pick<Network, 'inputSize'>): Preprocessing {
  return { inputSize, resize: RESIZE, mean: NORMALIZATION.mean, std: NORMALIZATION.std };
}
