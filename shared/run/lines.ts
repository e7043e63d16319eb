import type { Stage } from './stages.ts';

/** The networks that a run trains, each with one line of epochs and one learning-rate schedule. */
export const LINES = ['teacher', 'student', 'baseline'] as const;
export type Line = (typeof LINES)[number];

/** Which line a stage that trains belongs to. */
export const LINE_OF = {
  teacher: 'teacher',
  'warm-up': 'student',
  prune: 'student',
  'fine-tune': 'student',
  baseline: 'baseline',
} as const satisfies Partial<Record<Stage, Line>>;

/** Null for stages that do not train. */
export function findLine(stage: Stage): Line | null {
  return stage in LINE_OF ? LINE_OF[stage as keyof typeof LINE_OF] : null; // `in` says so.
}
