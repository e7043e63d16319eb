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
