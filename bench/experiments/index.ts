import type { Experiment } from './experiment.ts';
import { league } from './league.ts';
import { longTail } from './long-tail.ts';
import { pruneOrDistil } from './prune-or-distil.ts';

/** Every experiment, by the name on the command line. */
export const EXPERIMENTS = {
  league,
  'prune-or-distil': pruneOrDistil,
  'long-tail': longTail,
} as const satisfies Record<string, Experiment>;
export type ExperimentName = keyof typeof EXPERIMENTS;
