import type { Line } from '../../../shared/run/stages.ts';
import { ROLES } from '../../ui/roles.ts';

/** Line style of what a run trains, in the colour of its role; null: solid. */
export const LINE_DASHES: Readonly<Record<Line, readonly [number, number] | null>> = {
  'pretrain-teacher': [2, 3],
  teacher: ROLES.teacher.dash,
  'pretrain-student': [2, 3],
  student: ROLES.student.dash,
  baseline: ROLES.baseline.dash,
  alone: [10, 3],
};
