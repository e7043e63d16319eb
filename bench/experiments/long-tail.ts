import { CLASS_GROUPS, type ClassGroup, groupClasses } from '../../shared/run/class-groups.ts';
import { listGroupAccuracies } from '../../shared/run/group-accuracies.ts';
import { learnFromLabels } from '../../shared/run/methods.ts';
import { type PartialRecipe, recipeSchema } from '../../shared/run/recipe.ts';
import { formatShare } from '../../shared/text/format.ts';
import { BRIEF, type Experiment, type Figure, merge, TOP1 } from './experiment.ts';

const { distill } = recipeSchema.parse({});
const IMBALANCE = 100;
/** Of the student. */
const EPOCHS = 10;
const SOFTMAX: PartialRecipe = { balance: { labels: 'balanced-softmax' } };

/** Balanced accuracy of a group of classes. */
const accuracyOf = (name: ClassGroup): Figure => ({
  title: CLASS_GROUPS[name],
  read: (report) => listGroupAccuracies(report).find(({ group }) => group === name)?.student ?? null,
  format: formatShare,
  compared: true,
});

/** What helps classes with few images. */
export const longTail: Experiment = {
  title: 'Long-tailed data',
  protocol: [
    `CIFAR-10 with an imbalance of ${IMBALANCE}: the first class keeps its training images, the last one in a hundred, along an exponential (\`data.imbalance\`); validation and test images stay balanced. With ten classes, ${countGroups()} are head, medium and tail.`,
    `A MobileNetV3-Large is trained once for 20 epochs on one such copy, plainly or with balanced softmax; an unpruned MobileNetV2 of half width learns from it for ${EPOCHS} in each arm. Arms of a seed see the same images in the same order unless they sample classes evenly. The best epoch is chosen on validation images; accuracy is of the 10,000 test images, once.`,
  ],
  images: { file: 'cifar10.zip', trainPerClass: null, testPerClass: null },
  teacher: {
    data: { inputSize: 32, imbalance: IMBALANCE },
    train: { batch: 128, teacherEpochs: 20 },
  },
  recipe: merge(BRIEF, {
    data: { inputSize: 32, imbalance: IMBALANCE },
    student: { width: 0.5 },
    prune: { macs: null },
    train: { batch: 128, warmUpEpochs: EPOCHS, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
  }),
  arms: [
    { name: 'plain', title: 'Plain', recipe: {} },
    { name: 'alone', title: 'Labels alone', recipe: { distill: learnFromLabels(distill) } },
    { name: 'softmax', title: 'Balanced softmax', recipe: SOFTMAX },
    {
      name: 'softmax-teacher',
      title: 'Balanced softmax, teacher too',
      recipe: SOFTMAX,
      teacher: merge(SOFTMAX, { balance: { teacher: true } }),
    },
    { name: 'answers', title: 'Class-balanced distillation', recipe: { balance: { answers: 'teacher' } } },
    { name: 'both', title: 'Both', recipe: merge(SOFTMAX, { balance: { answers: 'teacher' } }) },
    {
      name: 'both-deferred',
      title: 'Both, in the last fifth',
      recipe: merge(SOFTMAX, { balance: { answers: 'teacher', from: 0.8 } }),
    },
    { name: 'sampling', title: 'Classes sampled evenly', recipe: { balance: { sampling: 'balanced' } } },
  ],
  reference: 'plain',
  seeds: 3,
  figures: {
    top1: TOP1,
    head: accuracyOf('head'),
    medium: accuracyOf('medium'),
    tail: accuracyOf('tail'),
  },
};

function countGroups(): string {
  const groups = groupClasses(Array.from({ length: 10 }, (_, i) => 10 - i));
  return (['head', 'medium', 'tail'] as const).map((name) => groups.filter((each) => each === name).length).join(', ');
}
