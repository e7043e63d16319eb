import type { Line } from '../../../shared/run/stages.ts';
import { ROLES } from '../../ui/roles.ts';

/** Line style of what a run trains, in the colour of its role; null: solid. */
export const LINE_DASHES: Readonly<Record<Line, readonly [number, number] | null>> = {
  teacher: ROLES.teacher.dash,
  student: ROLES.student.dash,
  baseline: ROLES.baseline.dash,
  alone: [10, 3],
};
