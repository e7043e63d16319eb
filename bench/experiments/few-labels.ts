import { learnFromLabels } from '../../shared/run/methods.ts';
import { type PartialRecipe, recipeSchema } from '../../shared/run/recipe.ts';
import type { EmbeddingFigures } from '../../shared/run/report.ts';
import { formatShare } from '../../shared/text/format.ts';
import { type Arm, BRIEF, type Experiment, type Figure, merge, TEACHER_TOP1, TOP1 } from './experiment.ts';

const { distill } = recipeSchema.parse({});
const PER_CLASS = 1000;
/** Labels of a class: one in a hundred, and one in ten. */
const SHARES = [
  { name: '1', title: '1 %', labels: PER_CLASS / 100 },
  { name: '10', title: '10 %', labels: PER_CLASS / 10 },
] as const;
const WITHOUT_LABELS = 20;

/** Of the student after its last epoch without labels, on validation images. */
const embeddingFigure = (title: string, key: keyof EmbeddingFigures): Figure => ({
  title,
  read: ({ history }) => history.findLast(({ stage }) => stage === 'pretrain-student')?.embedding?.[key] ?? null,
  format: formatShare,
  compared: false,
});

/** Four ways to train a student from so many labels. */
function listArms({ name, title, labels }: (typeof SHARES)[number]): Arm[] {
  const data = { data: { labels } };
  const arm = (key: string, what: string, recipe: PartialRecipe): Arm => ({
    name: `${key}-${name}`,
    title: `${what}, ${title}`,
    recipe: merge(data, recipe),
    teacher: data,
  });
  const alone: PartialRecipe = { distill: learnFromLabels(distill) };
  return [
    arm('alone', 'Labels alone', alone),
    arm(
      'simclr',
      'SimCLR, then labels',
      merge(alone, { pretrain: { studentEpochs: WITHOUT_LABELS, student: 'views' } }),
    ),
    arm(
      'queue',
      'Distilled without labels, then labels',
      merge(alone, { pretrain: { studentEpochs: WITHOUT_LABELS } }),
    ),
    arm('semi', 'Semi-supervised distillation', {
      distill: { reviewkd: { weight: 0 }, unlabelled: { weight: 1, share: 4 } },
    }),
  ];
}

/** What images without labels are worth where few have labels. */
export const fewLabels: Experiment = {
  title: 'Few labels',
  protocol: [
    `CIFAR-10, ${PER_CLASS} training images of each class, of which ${SHARES.map(({ labels }) => labels).join(' or ')} have a label (\`data.labels\`), and as many held out for validation; the others are there without labels. Each share of labels has a teacher of its own: a MobileNetV3-Large that learns by SimCLR from all images for 40 epochs, and then from the labels for 60.`,
    `An unpruned MobileNetV2 of half width learns from the labels for 60 epochs: alone; after ${WITHOUT_LABELS} epochs of SimCLR from scratch; after ${WITHOUT_LABELS} epochs in which it learns the teacher’s similarities without labels; or beside the teacher’s answers to four images without labels for each labelled one. The best epoch is chosen on validation images; accuracy is of the 10,000 test images, once. Nearest neighbours and linear probe are of the student before it sees labels.`,
  ],
  images: { file: 'cifar10.zip', trainPerClass: PER_CLASS, testPerClass: null },
  teacher: {
    data: { inputSize: 32 },
    pretrain: { teacherEpochs: 40 },
    train: { batch: 64, teacherEpochs: 60 },
  },
  recipe: merge(BRIEF, {
    data: { inputSize: 32 },
    student: { width: 0.5 },
    prune: { macs: null },
    train: { batch: 64, warmUpEpochs: 60, pruneEpochs: 0, fineTuneEpochs: 0, baseline: false },
  }),
  arms: SHARES.flatMap(listArms),
  reference: 'alone-1',
  seeds: 3,
  figures: {
    top1: TOP1,
    neighbours: embeddingFigure('Nearest neighbours', 'neighbours'),
    probe: embeddingFigure('Linear probe', 'probe'),
    teacher: TEACHER_TOP1,
  },
};
