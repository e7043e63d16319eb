import type { Dataset } from './dataset.ts';
import type { ExaminedImages } from './examined-images.ts';

/** More say nothing more: pictures that are all alike by nature, such as scanned forms, would fill the list. */
const MOST_GROUPS = 1000;
const MOST_IN_GROUP = 50;

/**
 * Paths of labelled images that judge, each with those of other splits that look the same: with the training images, and of a
 * test image also with those that validate. Copies byte for byte are left out; they are listed elsewhere.
 *
 * @param same groups of labelled images with the same content, each by index
 */
export function listNearLeaks(
  { images }: Pick<Dataset, 'images'>,
  { looks, broken }: ExaminedImages,
  same: readonly (readonly number[])[],
): string[][] {
  if (!looks) return [];
  const of = (split: string) =>
    [...images.keys()].filter((index) => images[index]!.split === split && !broken.has(index));
  const [train, validation, test] = [of('train'), of('validation'), of('test')];
  const copied = new Map(same.flatMap((group) => group.map((index) => [index, group] as const)));
  const found = new Map<number, number[]>();
  const collect = (judges: readonly number[], others: readonly number[]) => {
    for (const [judge, other] of looks.pairs(judges, others)) {
      if (copied.has(other) && copied.get(other) === copied.get(judge)) continue;
      const group = found.get(judge);
      if (group) group.push(other);
      else if (found.size < MOST_GROUPS) found.set(judge, [judge, other]);
      else return;
    }
  };
  collect(test, train);
  collect(validation, train);
  collect(test, validation);
  return [...found.values()]
    .sort((a, b) => a[0]! - b[0]!)
    .map((group) => group.slice(0, MOST_IN_GROUP).map((index) => images[index]!.path));
}
