import { formatNumber } from '../text/format.ts';
import type { Recipe } from './recipe.ts';
import type { Report } from './report.ts';
import type { Role } from './roles.ts';

/** From this ratio of the largest class to the smallest on, accuracy is also told by groups of classes. */
const LONG_TAILED_FROM = 5;
/** From this ratio on, balancing helps more than it costs (on CIFAR-10: +6 points at 100, −0.2 at 10). */
const BALANCED_FROM = 20;

/** Classes by their number of training images, with the title of each group. */
export const CLASS_GROUPS = { head: 'Head classes', medium: 'Medium classes', tail: 'Tail classes' } as const;
export type ClassGroup = keyof typeof CLASS_GROUPS;

/** Images of the largest class divided by those of the smallest. */
export function measureImbalance(counts: readonly number[]): number {
  return Math.max(...counts) / Math.max(1, Math.min(...counts));
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

/** A network's accuracy on a group of classes, or on all of them: each class counts alike. */
export interface GroupAccuracy extends Record<Role, number | null> {
  readonly title: string;
}

/**
 * Balanced accuracy (the mean over the classes of their top-1) of all classes and of each group; none where the training images are
 * not long-tailed, or not known.
 */
export function listGroupAccuracies({ perClass }: Pick<Report, 'perClass'>): GroupAccuracy[] {
  const known = perClass.flatMap(({ trainImages }) => trainImages ?? []);
  if (known.length < perClass.length || !isLongTailed(known)) return [];
  const groups = groupClasses(known);
  const average = (title: string, wanted: (label: number) => boolean): GroupAccuracy => {
    const rows = perClass.filter((_, label) => wanted(label));
    return {
      title,
      teacher: mean(rows.map(({ teacherTop1 }) => teacherTop1)),
      baseline: mean(rows.map(({ baselineTop1 }) => baselineTop1)),
      student: mean(rows.map(({ top1 }) => top1)),
    };
  };
  return [
    average('Balanced accuracy', () => true),
    ...(Object.keys(CLASS_GROUPS) as ClassGroup[]).map((group) => {
      const sizes = known.filter((_, label) => groups[label] === group);
      const [least, most] = [Math.min(...sizes), Math.max(...sizes)].map((size) => formatNumber(size, 15));
      return average(
        `${CLASS_GROUPS[group]} (${least === most ? most : `${least}–${most}`} training images)`,
        (label) => groups[label] === group,
      );
    }),
  ];
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
