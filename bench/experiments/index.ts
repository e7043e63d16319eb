import { demo } from './demo.ts';
import type { Experiment } from './experiment.ts';
import { fewLabels } from './few-labels.ts';
import { headline } from './headline.ts';
import { league, leagueOfFlowers } from './league.ts';
import { longTail } from './long-tail.ts';
import { pretrained } from './pretrained.ts';
import { pruneOrDistil } from './prune-or-distil.ts';
import { search } from './search.ts';

/** Every experiment, by the name on the command line. */
export const EXPERIMENTS = {
  league,
  'league-of-flowers': leagueOfFlowers,
  headline,
  'prune-or-distil': pruneOrDistil,
  search,
  'long-tail': longTail,
  pretrained,
  'few-labels': fewLabels,
  demo,
} as const satisfies Record<string, Experiment>;
export type ExperimentName = keyof typeof EXPERIMENTS;
