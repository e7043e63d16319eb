import { learnFromLabels } from '../../shared/run/methods.ts';
import { IMPORTANCES, type PartialRecipe, recipeSchema, SELECTIONS } from '../../shared/run/recipe.ts';
import { type Arm, type Experiment, MACS, merge, TOP1 } from './experiment.ts';
import { CUT_IN_LEAGUE } from './league.ts';

const { distill } = recipeSchema.parse({});
const ALONE: PartialRecipe = { distill: learnFromLabels(distill) };
/** Epochs in all, whatever comes first. */
const EPOCHS = 12;
/** Shares of the unpruned student's MACs that remain. −57 % is −40 % of the teacher's FLOPs at 224x224. */
const BUDGETS = [0.6, 0.43, 0.25];

const joint: PartialRecipe = { train: { warmUpEpochs: 3, pruneEpochs: 3, fineTuneEpochs: 6 } };
/** All channels are cut in one step, after so many epochs of the whole student. */
const atOnce = (warmUpEpochs: number): PartialRecipe => ({
  train: { warmUpEpochs, pruneEpochs: 0, fineTuneEpochs: EPOCHS - warmUpEpochs },
  prune: { steps: 1 },
});

/** At one budget: ours, and what differs from it in one thing. */
function listArms(budget: number): Arm[] {
  const at = (name: string, title: string, recipe: PartialRecipe): Arm => ({
    name: `${name}-${Math.round(100 * (1 - budget))}`,
    title: `${title}, −${Math.round(100 * (1 - budget))} %`,
    recipe: merge({ prune: { macs: budget } }, recipe),
  });
  return [
    at('joint', 'Jointly: Taylor, global', joint),
    at('prune-first', 'Prune after one epoch, then distil', merge(atOnce(1), { prune: { importance: 'l1' } })),
    at('distil-first', 'Distil for eight epochs, then prune', atOnce(8)),
    at('uniform', 'Jointly: L1, uniform', merge(joint, { prune: { importance: 'l1', selection: 'uniform' } })),
    at('random', 'Jointly: random, global', merge(joint, { prune: { importance: 'random' } })),
    at('labels', 'Jointly, labels alone', merge(joint, ALONE)),
  ];
}

/** Importance scores and selections, at the middle budget. */
const scores = IMPORTANCES.filter((name) => name !== 'taylor' && name !== 'random').map(
  (importance): Arm => ({
    name: `importance-${importance}`,
    title: `Jointly: ${importance}, global, −57 %`,
    recipe: merge(joint, { prune: { macs: 0.43, importance } }),
  }),
);
const selections = SELECTIONS.filter((name) => name !== 'global').map(
  (selection): Arm => ({
    name: `selection-${selection}`,
    title: `Jointly: Taylor, ${selection}, −57 %`,
    recipe: merge(joint, { prune: { macs: 0.43, selection } }),
  }),
);

/** Whether pruning and distilling together is worth it, how channels are chosen, and how far one can go. */
export const pruneOrDistil: Experiment = {
  title: 'Prune or distil',
  protocol: [
    `The student, teacher, images and settings of the league, ${EPOCHS} epochs in all for every arm, what is learned from the teacher being Decant’s default. Budgets are shares of the student’s MACs: −40 %, −57 % (which is −40 % of MobileNetV3-Large’s at 224x224) and −75 %.`,
    'Jointly: three epochs, three in which four cuts and distillation alternate, six afterwards. Random channels, uniform widths by L1 and labels alone stand beside it at each budget.',
  ],
  ...CUT_IN_LEAGUE,
  arms: [...BUDGETS.flatMap(listArms), ...scores, ...selections],
  reference: 'joint-57',
  seeds: 3,
  figures: { top1: TOP1, macs: MACS },
};
