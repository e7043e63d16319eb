import { word } from '../text/language.ts';
import { shorten } from '../text/shorten.ts';

/** Height and width of the square images that networks take here, pixels. */
export const INPUT_SIZE = { least: 16, most: 512 } as const;

/** What is wrong with the input size of a network that was made elsewhere, for a sentence; null: nothing. */
export function findInputSizeFault([height, width]: readonly [height: number, width: number]): string | null {
  const fits = (side: number) => Number.isInteger(side) && side >= INPUT_SIZE.least && side <= INPUT_SIZE.most;
  if (height === width && fits(height)) return null;
  return `takes images of ${height} × ${width} pixels, but only squares of ${INPUT_SIZE.least} to ${INPUT_SIZE.most} can be used`;
}

/** More classes are not read. */
export const MOST_CLASSES = 65_536;
/** Characters of a class name, as many as a folder's name may have. */
export const LONGEST_CLASS_NAME = 255;

/** What is wrong with names of classes that a file brings, for a sentence; null: nothing. */
export function findClassesFault(names: readonly string[]): string | null {
  if (names.length > MOST_CLASSES) return `names ${names.length} classes, but at most ${MOST_CLASSES} can be used`;
  const long = names.find((name) => name.length > LONGEST_CLASS_NAME);
  if (long === undefined) return null;
  return `has a class "${shorten(long, 40)}" of ${long.length} characters, but at most ${LONGEST_CLASS_NAME} can be used`;
}

/**
 * Operations for one image: multiplications and numbers written. ViT-Huge, the largest that people distil from, takes 1.7e11 for
 * images of 224 pixels; beyond 3e11 an image takes two cores several seconds, and a dataset days.
 */
const MOST_OPERATIONS = 3e11;
/** For all images of a file that takes several at a time: about a minute. */
const MOST_OPERATIONS_AT_A_TIME = 1e12;
/** Numbers of one value for one image: 400 MB. U-Net's largest has 17 million for images of 512 pixels. */
const MOST_NUMBERS = 1e8;
/**
 * How long a file may take for its first image, where its operations cannot be counted. Networks for phones take milliseconds;
 * one of a few kilobytes can take years.
 */
export const FIRST_ANSWER_MS = 60_000;

/**
 * What is wrong with how much a network made elsewhere computes, for a sentence; null: nothing.
 *
 * @param operations for all images that it takes at a time
 * @param largest numbers of its largest value, for as many images
 */
export function findCostFault(
  { operations, largest }: { readonly operations: number; readonly largest: number },
  images = 1,
): string | null {
  const tell = (count: number, of: string, most: number) =>
    `takes at least ${Math.floor(count / 1e9)} billion operations ${of}, but at most ${most / 1e9} billion can be computed`;
  if (operations / images > MOST_OPERATIONS) return tell(operations / images, word('per image'), MOST_OPERATIONS);
  if (operations > MOST_OPERATIONS_AT_A_TIME)
    return tell(operations, `for the ${images} images that it takes at a time`, MOST_OPERATIONS_AT_A_TIME);
  if (largest / images > MOST_NUMBERS)
    return `computes a value of ${Math.floor(largest / images / 1e6)} million numbers per image, but at most ${MOST_NUMBERS / 1e6} million can be held`;
  return null;
}
