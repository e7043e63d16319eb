import { formatNumber, formatShare } from '../text/format.ts';
import type { Calibration, Report } from './report.ts';
import { mapRoles, type Role } from './roles.ts';

/** Rows that say how far the networks' confidence can be believed; none in reports from before it was measured. */
export function listConfidenceRows({
  calibration,
  unlike,
}: Report): (Record<Role, string> & { title: string; difference: string })[] {
  const row = (title: string, read: (known: Calibration) => string, difference: string) => ({
    title,
    ...mapRoles((role) => {
      const known = calibration[role];
      return known ? read(known) : '–';
    }),
    difference,
  });
  const known = calibration.student !== null;
  return [
    ...(known
      ? [
          row(
            'Calibration error (ECE)',
            ({ errorBefore, errorAfter }) => `${formatShare(errorBefore)} → ${formatShare(errorAfter)}`,
            'before → after temperature',
          ),
          row('Temperature', ({ temperature }) => formatNumber(temperature), ''),
        ]
      : []),
    ...(unlike
      ? [
          {
            title: 'Called unlike (test)',
            teacher: formatShare(unlike.teacher),
            baseline: '–',
            student: formatShare(unlike.student),
            difference: `${formatShare(unlike.either)} by either, all falsely`,
          },
        ]
      : []),
  ];
}
