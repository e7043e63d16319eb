import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { type Arm, type Experiment, MACS, merge, TOP1 } from './experiment.ts';
import { CUT_IN_LEAGUE } from './league.ts';

/** Shares of the unpruned student's MACs that remain. −57 % is −40 % of the teacher's FLOPs at 224x224. */
const BUDGETS = [0.6, 0.43, 0.25];

/** Three epochs, three in which four cuts and distillation alternate, six afterwards. */
const CUT: PartialRecipe = { train: { warmUpEpochs: 3, pruneEpochs: 3, fineTuneEpochs: 6 } };
/**
 * As long: an epoch of the search takes as long as one and a half of others, and judging 71 networks about as long as one to two,
 * the less the smaller the budget. The column of times says how well that holds.
 */
const SEARCHED: PartialRecipe = {
  train: { warmUpEpochs: 3, fineTuneEpochs: 5 },
  search: { epochs: 2, population: 16, rounds: 4, networks: 1 },
};

/** At one budget: what is looked for, what is cut, and what everything has to beat. */
function listArms(budget: number): Arm[] {
  const less = Math.round(100 * (1 - budget));
  const at = (name: string, title: string, recipe: PartialRecipe): Arm => ({
    name: `${name}-${less}`,
    title: `${title}, −${less} %`,
    recipe: merge({ prune: { macs: budget } }, recipe),
  });
  return [
    at('search', 'Search: evolution', SEARCHED),
    at('joint', 'Cuts: Taylor, global', CUT),
    at('uniform', 'Cuts: L1, uniform', merge(CUT, { prune: { importance: 'l1', selection: 'uniform' } })),
    at('random-search', 'Search: by chance', merge(SEARCHED, { search: { policy: 'random' } })),
  ];
}

/** Whether a search is worth its time. */
export const search: Experiment = {
  title: 'Search',
  protocol: [
    'The student, teacher, images and settings of the league, what is learned from the teacher being Decant’s default. Budgets are shares of the student’s MACs: −40 %, −57 % (which is −40 % of MobileNetV3-Large’s at 224x224) and −75 %.',
    'Search: three epochs, two of a supernet with one random network a step, 71 networks judged, five epochs of fine-tuning. It is given as much time as the cuts beside it, which have twelve epochs, so it has fewer epochs. By chance: the same, each network drawn. Cuts by Taylor importance, and uniform widths by L1, stand beside it at each budget.',
    'Half of the validation images judge the networks of a search, the other half its epochs; cuts choose their epochs by all of them. Accuracy is of test images, once.',
  ],
  ...CUT_IN_LEAGUE,
  arms: BUDGETS.flatMap(listArms),
  reference: 'uniform-57',
  seeds: 3,
  figures: { top1: TOP1, macs: MACS },
};
