import { formatNumber, formatShare } from '../text/format.ts';
import type { Recipe } from './recipe.ts';

/** From this ratio of the largest class to the smallest on, accuracy is also told by groups of classes. */
const LONG_TAILED_FROM = 5;
/** From this ratio on, balancing helps more than it costs (on CIFAR-10: +6 points at 100, −0.2 at 10). */
const BALANCED_FROM = 20;

/** Classes by their number of training images, with the title of each group. */
export const CLASS_GROUPS = { head: 'Head classes', medium: 'Medium classes', tail: 'Tail classes' } as const;
export type ClassGroup = keyof typeof CLASS_GROUPS;
export const GROUP_MEANINGS: Readonly<Record<ClassGroup, string>> = {
  head: 'The third of the classes with the most training images.',
  medium: 'The classes between head and tail.',
  tail: 'The third of the classes with the fewest training images.',
};

/** Images of the largest class divided by those of the smallest. */
export function measureImbalance(counts: readonly number[]): number {
  return counts.length === 0 ? 1 : Math.max(...counts) / Math.max(1, Math.min(...counts));
}

export function isLongTailed(counts: readonly number[]): boolean {
  return counts.length > 2 && measureImbalance(counts) >= LONG_TAILED_FROM;
}

/**
 * The group of each class: `head`, the third of the classes with the most training images, `tail`, the third with the fewest,
 * `medium`, the rest. Classes of equal size go by their order.
 */
export function groupClasses(counts: readonly number[]): ClassGroup[] {
  const third = Math.floor(counts.length / 3);
  const bySize = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
  const groups = new Array<ClassGroup>(counts.length).fill('medium');
  for (const label of bySize.slice(0, third)) groups[label] = 'head';
  for (const label of bySize.slice(counts.length - third)) groups[label] = 'tail';
  return groups;
}

/** All classes, and the groups: each has a balanced accuracy, the mean of its classes' top-1. */
export const GROUPINGS = ['all', 'head', 'medium', 'tail'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Accuracy on a group of classes, each of which counts alike; null: it has no test images, or the network was not trained. */
export interface GroupTop1 {
  readonly group: Grouping;
  readonly top1: number | null;
}

/**
 * Balanced accuracy of all classes and of each group, in the order of `GROUPINGS`; none where the training images are not
 * long-tailed, or not known.
 *
 * @param trainImages of each class `[classes]`
 * @param top1 of each class `[classes]`
 */
export function averageGroups(
  trainImages: readonly (number | null)[],
  top1: readonly (number | null)[],
): readonly GroupTop1[] {
  const known = trainImages.flatMap((count) => count ?? []);
  if (known.length < trainImages.length || !isLongTailed(known)) return [];
  const groups = groupClasses(known);
  return GROUPINGS.map((group) => ({
    group,
    top1: mean(top1.filter((_, label) => group === 'all' || groups[label] === group)),
  }));
}

/** What accuracy on these classes is called. */
export function nameGrouping(group: Grouping): string {
  return group === 'all' ? 'Balanced accuracy' : CLASS_GROUPS[group];
}

/** "balanced 81.2 %, head 90.0 %, medium 80.1 %, tail 73.5 %"; empty where there are no groups. */
export function describeGroups(groups: readonly GroupTop1[]): string {
  return groups.map(({ group, top1 }) => `${group === 'all' ? 'balanced' : group} ${formatShare(top1)}`).join(', ');
}

/** Null where there is nothing to average, such as a network that was not trained; classes without test images are left out. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/**
 * What to do about classes of very different size, in one sentence; null where nothing is to be done.
 *
 * @param done what a recipe does already
 */
export function adviseBalance(
  counts: readonly number[],
  done?: Pick<Recipe['balance'], 'labels' | 'sampling'>,
): string | null {
  if (done && (done.labels !== 'none' || done.sampling !== 'natural')) return null;
  const ratio = measureImbalance(counts);
  return counts.length > 1 && ratio >= BALANCED_FROM
    ? `The largest class has ${formatNumber(ratio, 3)} times as many images as the smallest; balanced softmax (balance.labels) teaches rare classes better.`
    : null;
}
