import type { DatasetInspection } from '../../../shared/run/inspection.ts';
import { formatPlural } from '../../../shared/text/format.ts';

/** One kind of thing that is wrong with a dataset, with every place where it is. */
export interface ProblemKind {
  readonly key: string;
  readonly title: string;
  /** What it means and what to do. */
  readonly meaning: string;
  /** `warning`: figures or accuracy suffer; `note`: good to know. */
  readonly severity: 'warning' | 'note';
  readonly lines: readonly string[];
}

/** What is wrong with a dataset, the gravest first; kinds without a case are left out. */
export function listProblems(inspection: DatasetInspection): ProblemKind[] {
  const { leaks, conflicts, tooFew, unreadable, duplicates, ignored } = inspection;
  const groups = (paths: readonly (readonly string[])[]) => paths.map((group) => group.join('  =  '));
  const kinds: ProblemKind[] = [
    {
      key: 'leaks',
      title: 'The same image in two splits',
      meaning: 'Accuracy would look better than it is. Delete one of each pair.',
      severity: 'warning',
      lines: groups(leaks),
    },
    {
      key: 'conflicts',
      title: 'The same image under two classes',
      meaning: 'At most one of the labels is right. Delete the wrong ones.',
      severity: 'warning',
      lines: groups(conflicts),
    },
    {
      key: 'tooFew',
      title: 'Classes with too few images',
      meaning: 'They cannot be learnt and measured well. Add images, or leave the class out.',
      severity: 'warning',
      lines: tooFew.map(({ name, images, wanted }) => `${name}: ${formatPlural(images, 'image')}, ${wanted} wanted`),
    },
    {
      key: 'unreadable',
      title: 'Images that cannot be read',
      meaning: 'They are left out of training. Replace or delete them.',
      severity: 'warning',
      lines: unreadable.map(({ path, reason }) => `${path}: ${reason}`),
    },
    {
      key: 'duplicates',
      title: 'The same image more than once',
      meaning: 'Harmless in one class and split, but each copy counts as an image of its own.',
      severity: 'note',
      lines: groups(duplicates),
    },
    {
      key: 'ignored',
      title: 'Files that are no part of the dataset',
      meaning: 'They are left alone.',
      severity: 'note',
      lines: ignored.map(({ path, reason }) => `${path}: ${reason}`),
    },
  ];
  return kinds.filter(({ lines }) => lines.length > 0);
}
