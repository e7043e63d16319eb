import type { DatasetInspection } from '../../../shared/run/inspection.ts';
import { formatNumber, formatPlural } from '../../../shared/text/format.ts';

/** One kind of issue with a dataset, with every place where it occurs. */
export interface ProblemKind {
  readonly key: string;
  readonly title: string;
  /** What it means and what to do about it. */
  readonly meaning: string;
  /** `warning`: affects figures or accuracy; `note`: good to know. */
  readonly severity: 'warning' | 'note';
  readonly lines: readonly string[];
  /** Paths of the images that belong together, a group for each line, where there is something to see. */
  readonly groups?: readonly (readonly string[])[];
}

/** Lists the issues of a dataset, the most serious first; kinds without a case are left out. */
export function listProblems(inspection: DatasetInspection): ProblemKind[] {
  const { leaks, nearLeaks, conflicts, tooFew, unreadable, duplicates, ignored, unlabelled } = inspection;
  const leaked = new Set(unlabelled.leaks.map((group) => group.join('\0')));
  const copies = [...unlabelled.copies, ...unlabelled.lookalikes].filter((group) => !leaked.has(group.join('\0')));
  const groups = (paths: readonly (readonly string[])[]) => paths.map((group) => group.join('  =  '));
  const kinds: ProblemKind[] = [
    {
      key: 'leaks',
      title: 'The same image in two splits',
      meaning: 'This makes accuracy look better than it is. Delete one image of each pair.',
      severity: 'warning',
      lines: groups(leaks),
      groups: leaks,
    },
    {
      key: 'nearLeaks',
      title: 'Images that look the same in two splits',
      meaning:
        'They may be one picture, scaled or compressed once more, which makes accuracy look better than it is. Compare them, and delete copies.',
      severity: 'warning',
      lines: groups(nearLeaks),
      groups: nearLeaks,
    },
    {
      key: 'conflicts',
      title: 'The same image in two classes',
      meaning: 'At most one of the labels is correct. Delete the others.',
      severity: 'warning',
      lines: groups(conflicts),
      groups: conflicts,
    },
    {
      key: 'tooFew',
      title: 'Classes with too few images',
      meaning: 'These classes cannot be learned and measured reliably. Add images or remove the class.',
      severity: 'warning',
      lines: tooFew.map(
        ({ name, images, wanted }) => `${name}: ${formatPlural(images, 'image')}, at least ${wanted} needed`,
      ),
    },
    {
      key: 'unreadable',
      title: 'Unreadable images',
      meaning: 'Training skips them. Replace or delete them.',
      severity: 'warning',
      lines: unreadable.map(({ path, reason }) => `${path}: ${reason}`),
    },
    {
      key: 'unlabelledUnreadable',
      title: 'Unreadable images without labels',
      meaning:
        unlabelled.broken > unlabelled.unreadable.length
          ? `Training skips them. There are ${formatNumber(unlabelled.broken, 15)}; these are the first.`
          : 'Training skips them. Replace or delete them.',
      severity: 'warning',
      lines: unlabelled.unreadable.map(({ path, reason }) => `${path}: ${reason}`),
    },
    {
      key: 'unlabelledLeaks',
      title: 'Validation or test images among the unlabelled ones',
      meaning:
        'They are the same or look the same. Learning from them would make accuracy look better than it is, so runs leave them out.',
      severity: 'note',
      lines: groups(unlabelled.leaks),
      groups: unlabelled.leaks,
    },
    {
      key: 'unlabelledCopies',
      title: 'Labelled images among the unlabelled ones',
      meaning:
        'They are the same or look the same. Harmless for training images; runs leave out copies of images that they draw for validation or test.',
      severity: 'note',
      lines: groups(copies),
      groups: copies,
    },
    {
      key: 'duplicates',
      title: 'Duplicate images',
      meaning: 'Harmless within one class and split, but each copy counts as a separate image.',
      severity: 'note',
      lines: groups(duplicates),
      groups: duplicates,
    },
    {
      key: 'ignored',
      title: 'Files that are not part of the dataset',
      meaning: 'They are ignored.',
      severity: 'note',
      lines: ignored.map(({ path, reason }) => `${path}: ${reason}`),
    },
  ];
  return kinds.filter(({ lines }) => lines.length > 0);
}

/** "80 images per class", "60 to 80 images per class"; empty if there are no classes. */
export function describeClassSizes({ classes }: DatasetInspection): string {
  if (classes.length === 0) return '';
  const counts = classes.map(({ images }) => images);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most
    ? `${formatPlural(most, 'image')} per class`
    : `${formatNumber(least, 15)} to ${formatPlural(most, 'image')} per class`;
}
