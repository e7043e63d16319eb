import { formatNumber } from '../text/format.ts';
import { averageGroups, type Grouping, groupClasses, nameGrouping } from './class-groups.ts';
import type { Report } from './report.ts';
import { mapRoles, type Role } from './roles.ts';

/** The accuracy of a run's networks on a group of classes. */
export interface GroupAccuracy extends Record<Role, number | null> {
  readonly group: Grouping;
  readonly title: string;
}

/** The groups of a report's classes with the accuracy of its networks; none where `averageGroups` has none. */
export function listGroupAccuracies({ perClass }: Pick<Report, 'perClass'>): GroupAccuracy[] {
  const trainImages = perClass.map((row) => row.trainImages);
  const roles = {
    teacher: averageGroups(
      trainImages,
      perClass.map(({ teacherTop1 }) => teacherTop1),
    ),
    baseline: averageGroups(
      trainImages,
      perClass.map(({ baselineTop1 }) => baselineTop1),
    ),
    student: averageGroups(
      trainImages,
      perClass.map(({ top1 }) => top1),
    ),
  };
  const sizes = trainImages.flatMap((count) => count ?? []);
  return roles.student.map(({ group }, i) => ({
    group,
    title: nameGroup(group, sizes),
    ...mapRoles((role) => roles[role][i]!.top1), // All have the same groups.
  }));
}

/** "Tail classes (7–8 training images)". */
function nameGroup(group: Grouping, trainImages: readonly number[]): string {
  if (group === 'all') return nameGrouping(group);
  const groups = groupClasses(trainImages);
  const sizes = trainImages.filter((_, label) => groups[label] === group);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)].map((size) => formatNumber(size, 15));
  return `${nameGrouping(group)} (${least === most ? most : `${least}–${most}`} training images)`;
}
