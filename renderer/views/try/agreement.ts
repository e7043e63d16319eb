import type { Result } from '../../../shared/ipc/contract.ts';
import { formatNumber } from '../../../shared/text/format.ts';

export type Opinion = Result<'classify.image'>['opinions'][number];

/** Whether both networks agree. */
export interface Agreement {
  readonly agrees: boolean;
  /** In words. */
  readonly sentence: string;
}

/** Compares the top predictions; null unless both networks have one. */
export function compareOpinions(opinions: readonly Opinion[]): Agreement | null {
  const teacher = opinions.find(({ role }) => role === 'teacher')?.top[0]?.name;
  const student = opinions.find(({ role }) => role === 'student')?.top[0]?.name;
  if (teacher === undefined || student === undefined) return null;
  return teacher === student
    ? { agrees: true, sentence: `Both say ${student}` }
    : { agrees: false, sentence: `The teacher says ${teacher}, the student says ${student}` };
}

/** Compares the student's time with the teacher's, in a sentence; null unless both were timed. */
export function compareTimes(opinions: readonly Opinion[]): string | null {
  const teacher = opinions.find(({ role }) => role === 'teacher')?.latencyMs.p50;
  const student = opinions.find(({ role }) => role === 'student')?.latencyMs.p50;
  if (!teacher || !student) return null;
  return teacher >= student
    ? `The student is ${formatNumber(teacher / student, 3)} times as fast as the teacher.`
    : `The student takes ${formatNumber(student / teacher, 3)} times as long as the teacher.`;
}
