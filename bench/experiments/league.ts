import { learnFromLabels, METHOD_NAMES, METHODS } from '../../shared/run/methods.ts';
import { type PartialRecipe, recipeSchema } from '../../shared/run/recipe.ts';
import { type Arm, BRIEF, type Experiment, merge, TOP1 } from './experiment.ts';

const { distill } = recipeSchema.parse({});

/** Labels and softened logits alone, to which each method is added. */
const KD: PartialRecipe = {
  distill: {
    ...learnFromLabels(distill),
    crossEntropy: { weight: 1, schedule: { shape: 'constant' } },
    logits: { weight: 1, temperature: 4 },
  },
};

/** Weights beside KD, where the authors name others than 1: theirs, of MobileNetV2 students where they had any. */
const WEIGHTS: Readonly<Record<string, number>> = {
  attention: 1000,
  sp: 3000,
  rkd: 1,
  pkt: 30_000,
  nst: 50,
  vid: 1,
  crd: 0.8,
  reviewkd: 6,
  itrd: 1,
};

/** Methods that take the place of the logits rather than stand beside them. */
const INSTEAD: ReadonlySet<string> = new Set(['dkd', 'dist', 'wttm', 'mlkd', 'ctkd']);

const methods: Arm[] = METHOD_NAMES.filter((name) => name !== 'crossEntropy' && name !== 'logits').map((name) => ({
  name,
  title: METHODS[name].title,
  recipe: merge(KD, {
    distill: {
      ...(INSTEAD.has(name) ? { logits: { weight: 0 } } : {}),
      [name]: { weight: WEIGHTS[name] ?? 1 },
    },
  }),
}));

/** Every method on one student, one teacher and the same images in the same order. */
export const league: Experiment = {
  title: 'League of methods',
  protocol: [
    'A MobileNetV2 of half width, unpruned, learns CIFAR-10 for 15 epochs from 8,000 images and one MobileNetV3-Large, which was trained on all 50,000. Every method stands beside cross-entropy and softened logits (“KD”); those that are about logits themselves take the place of KD. Weights and settings are the authors’; nothing was tuned.',
    'All arms of a seed see the same images in the same order, with the same augmentation, learning rate (0.2 for a batch of 128, one cycle) and first weights. The best epoch is chosen on validation images; accuracy is of the 10,000 test images, once.',
  ],
  images: { file: 'cifar10.zip', trainPerClass: 800, testPerClass: null },
  teacher: {
    data: { inputSize: 32, validation: 0.04 },
    train: { teacherEpochs: 24, batch: 128 },
  },
  recipe: merge(BRIEF, {
    data: { inputSize: 32 },
    student: { width: 0.5 },
    prune: { macs: null },
    train: { batch: 128, warmUpEpochs: 15, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
  }),
  arms: [
    { name: 'alone', title: 'Labels alone', recipe: { distill: learnFromLabels(distill) } },
    { name: 'kd', title: 'KD: labels and softened logits', recipe: KD },
    { name: 'default', title: 'Decant’s defaults', recipe: {} },
    ...methods,
  ],
  reference: 'kd',
  seeds: 3,
  figures: { top1: TOP1 },
};
