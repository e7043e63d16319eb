import type { DatasetInspection } from '../../../shared/run/inspection.ts';
import { countImages, type Dataset, imageAt } from './dataset.ts';
import type { ExaminedImages } from './examined-images.ts';

type Inspection = DatasetInspection['unlabelled'];

/** Unreadable images that are listed: a phone may hold thousands of a kind that is not read. */
const MOST_LISTED = 1000;
/** Images of a group that are listed. */
const MOST_IN_GROUP = 50;

/**
 * What there is to say of images without labels.
 *
 * @param same groups of images with the same content, each by index
 */
export function inspectUnlabelled(dataset: Dataset, examined: ExaminedImages, same: readonly number[][]): Inspection {
  const first = dataset.images.length;
  const end = countImages(dataset);
  const pathOf = (index: number) => imageAt(dataset, index)!.path; // Below the count.
  const broken = [...examined.broken].filter(([index]) => index >= first).sort(([a], [b]) => a - b);
  // In a group labelled images come first.
  const copies = same.filter((group) => group[0]! < first && group.at(-1)! >= first);
  const alike = findLookalikes(dataset, examined, copies);
  const judges = (index: number) =>
    index < first && ['validation', 'test'].includes(dataset.images[index]!.split ?? '');
  const toPaths = (group: readonly number[]) => group.slice(0, MOST_IN_GROUP).map(pathOf);
  return {
    images: end - first - broken.length,
    broken: broken.length,
    unreadable: broken.slice(0, MOST_LISTED).map(([index, reason]) => ({ path: pathOf(index), reason })),
    repeated: same.reduce((sum, group) => sum + Math.max(0, group.filter((index) => index >= first).length - 1), 0),
    copies: copies.map(toPaths),
    lookalikes: alike.map(toPaths),
    leaks: [...copies, ...alike].filter((group) => group.some(judges)).map(toPaths),
  };
}

/** Labelled images, each with those unlabelled ones that look the same and are no copies of it. */
function findLookalikes(dataset: Dataset, { looks }: ExaminedImages, copies: readonly number[][]): number[][] {
  if (!looks) return [];
  const first = dataset.images.length;
  const copied = new Map(copies.flatMap((group) => group.map((index) => [index, group] as const)));
  const found = new Map<number, number[]>();
  for (const [labelled, other] of looks.pairs(range(0, first), range(first, countImages(dataset)))) {
    if (copied.has(other) && copied.get(other) === copied.get(labelled)) continue;
    const group = found.get(labelled);
    if (group) group.push(other);
    else found.set(labelled, [labelled, other]);
  }
  return [...found.values()].sort((a, b) => a[0]! - b[0]!);
}

function* range(first: number, end: number): Generator<number> {
  for (let index = first; index < end; index++) yield index;
}
