/** The stretches of a run, in their order. `baseline` is the unpruned student, trained in the same way for comparison. */
export const STAGES = ['prepare', 'teacher', 'warm-up', 'prune', 'fine-tune', 'baseline', 'measure', 'export'] as const;
export type Stage = (typeof STAGES)[number];
