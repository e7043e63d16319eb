import { DEMO_RECIPE } from '../../electron/engine/run/demo.ts';
import { learnFromLabels } from '../../shared/run/methods.ts';
import { recipeSchema } from '../../shared/run/recipe.ts';
import { BRIEF, DRAWN, type Experiment, MACS, merge, RETENTION, TOP1, VALIDATION } from './experiment.ts';

const { distill } = recipeSchema.parse({});

/** What a newcomer sees first. */
export const demo: Experiment = {
  title: 'Demo',
  protocol: [
    'The recipe of `decant demo` on the 1,800 training and 1,000 test pictures that Decant draws itself: how much of the teacher’s accuracy the compressed student keeps, within six minutes on two cores. Each seed trains its own teacher.',
    'The recipe that is shipped was chosen among these on validation images; accuracy is of the test images, once.',
  ],
  images: { file: DRAWN, trainPerClass: null, testPerClass: null },
  teacher: null,
  recipe: merge(BRIEF, DEMO_RECIPE),
  arms: [
    { name: 'shipped', title: 'As shipped', recipe: {} },
    {
      name: 'short',
      title: 'Student of 12 epochs',
      recipe: { train: { warmUpEpochs: 3, pruneEpochs: 4, fineTuneEpochs: 5 } },
    },
    {
      name: 'standardized',
      title: 'Standardized logits beside the review',
      recipe: { distill: { crossEntropy: { weight: 0.1 }, logits: { weight: 9, temperature: 2, standardize: true } } },
    },
    { name: 'alone', title: 'Labels alone', recipe: { distill: learnFromLabels(distill) } },
  ],
  reference: 'shipped',
  seeds: 3,
  figures: { top1: TOP1, retention: RETENTION, validation: VALIDATION, macs: MACS },
};
