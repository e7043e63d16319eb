import { formatShare } from '../../shared/text/format.ts';
import { type Arm, BRIEF, type Experiment, type Figure, MACS, merge, RETENTION, TOP1 } from './experiment.ts';

/** The third halving is left out, so that the last maps are 4x4, not 2x2. */
const NETWORK = { firstStrides: [2, 2, 1] as (1 | 2)[] };

const MACS_OF_TEACHER: Figure = {
  title: 'MACs of the teacher’s',
  read: ({ student, teacher }) => student.macs / teacher.macs,
  format: formatShare,
  compared: false,
};

/** A share of the student's MACs that remains. */
const at = (macs: number): Arm => {
  const less = Math.round(100 * (1 - macs));
  return { name: `minus-${less}`, title: `−${less} % MACs`, recipe: { prune: { macs } } };
};

/** What the project promises, on all of CIFAR-10 with a good teacher. */
export const headline: Experiment = {
  title: 'Headline',
  protocol: [
    'How much of a good teacher’s accuracy a compressed student keeps on CIFAR-10: a MobileNetV3-Large learns all 50,000 training images (4 % of them are held out for validation) for 24 epochs; a MobileNetV2 of full width is pruned and distilled from it for 24. Both keep larger maps (`firstStrides` 2, 2, 1). The recipe is otherwise Decant’s default, with its usual augmentation.',
    'The teacher is the same for all budgets, which are shares of the student’s MACs; −57 % is −40 % of MobileNetV3-Large’s at 224x224. The best epoch is chosen on validation images; accuracy is of the 10,000 test images, once: 0.6 points more or less are chance at 90 %.',
  ],
  images: { file: 'cifar10.zip', trainPerClass: null, testPerClass: null },
  teacher: {
    data: { inputSize: 32, validation: 0.04 },
    teacher: NETWORK,
    train: { teacherEpochs: 24, batch: 128 },
  },
  recipe: merge(BRIEF, {
    data: { inputSize: 32, validation: 0.04 },
    student: NETWORK,
    train: { batch: 128, warmUpEpochs: 4, pruneEpochs: 6, fineTuneEpochs: 14, baseline: false },
  }),
  arms: [at(0.6), at(0.43), at(0.25)],
  reference: 'minus-40',
  seeds: 1,
  figures: { top1: TOP1, retention: RETENTION, macs: MACS, macsOfTeacher: MACS_OF_TEACHER },
};
