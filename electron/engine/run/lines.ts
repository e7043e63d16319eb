import type { TrainingStage } from './plan.ts';

/** The networks that a run trains, each with one line of epochs and one learning-rate schedule. */
export type Line = 'teacher' | 'student' | 'baseline';

/** Which line a stage belongs to. */
export const LINE_OF = {
  teacher: 'teacher',
  'warm-up': 'student',
  prune: 'student',
  'fine-tune': 'student',
  baseline: 'baseline',
} as const satisfies Record<TrainingStage, Line>;
