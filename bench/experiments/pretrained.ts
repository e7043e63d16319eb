import type { PartialRecipe } from '../../shared/run/recipe.ts';
import { type Arm, BRIEF, type Experiment, MACS, merge, RETENTION, TEACHER_TOP1, TOP1 } from './experiment.ts';

/** In the folder of data; both networks begin with it. */
const WEIGHTS = 'mobilenetv2-imagenet.safetensors';
const IMPORTED: PartialRecipe = { teacher: { weights: WEIGHTS }, student: { weights: WEIGHTS } };

const at = (inputSize: number, name: string, title: string, recipe: PartialRecipe): Arm => ({
  name: `${name}-${inputSize}`,
  title: `${title}, ${inputSize}x${inputSize}`,
  recipe: merge({ data: { inputSize } }, recipe),
});
/** What a recipe that names no learning rate does with imported weights, and with random ones. */
const chosen = (inputSize: number) => at(inputSize, 'chosen', 'Imported, chosen rate', IMPORTED);
const scratch = (inputSize: number) => at(inputSize, 'scratch', 'From scratch, chosen rate', {});
const rate = (inputSize: number, learningRate: number) =>
  at(
    inputSize,
    `rate-${learningRate}`,
    `Imported, ${learningRate}`,
    merge(IMPORTED, { train: { optimizer: { learningRate } } }),
  );

/** Whether imported weights get a recipe that suits them without being asked. */
export const pretrained: Experiment = {
  title: 'Imported weights',
  protocol: [
    'A MobileNetV2 with ImageNet weights is the teacher of 12 species of flowers, 60 training images each, and the same one is the student, of which 40 % of the MACs are cut. Each run trains its own teacher, which is part of what is measured. Images, augmentation and epochs are those that the preset Balanced chooses for these images: resized crops, colour jitter, batches of 32, 30 epochs of the teacher and 20 of the student, four cuts. Arms differ in the learning rate, given for a batch of 128: the one that is chosen where the recipe names none (0.02 for imported weights, 0.2 from scratch), others, and random first weights.',
    'Goal, fixed beforehand, at 96x96 and 128x128 with the chosen rate: a teacher of at least 93 % top-1, and a student that retains at least 98.5 % of it.',
    'The rate of 0.02 was chosen beforehand, at 96x96 with 10 epochs of the teacher and 12 of the student, on validation images alone, 30 % of the training images; top-1 of the best epochs. Three seeds: teachers reached 95.1 % and students 94.4 % at 0.01, 94.1 % and 95.4 % at 0.02, 90.6 % and 93.7 % at 0.05. Two seeds: 88.4 % and 92.6 % at 0.1. One seed: 91.7 % and 90.7 % at 0.005, 64.8 % and 85.6 % at 0.2. Between 0.01 and 0.02 the student decided, which is what ships. Test figures of a run at 0.2 and one at 0.02 were known before that, and not used.',
    'Tried with one seed each and left out: training the new classifier alone for the first two epochs (Kumar et al. 2022), 91.7 % and 93.1 % at 0.02, where all at once reached 93.5 % and 93.5 %; ten times the rate for what is new, 92.6 % and 90.7 % at 0.01, where one rate reached 94.9 % and 93.5 %. Statistics of batch norm were not estimated anew beforehand, since training reads those of the batch.',
    'The best epoch is chosen on validation images, a tenth of the training images; accuracy is of the 240 test images, once.',
  ],
  images: { file: 'flowers12.zip', trainPerClass: null, testPerClass: null },
  teacher: null,
  recipe: merge(BRIEF, {
    data: { augmentation: { crop: 'resized', colorJitter: 0.2 } },
    teacher: { architecture: 'mobilenet-v2' },
    train: {
      batch: 32,
      teacherEpochs: 30,
      warmUpEpochs: 4,
      pruneEpochs: 6,
      fineTuneEpochs: 10,
      baseline: false,
    },
    prune: { macs: 0.6, steps: 4 },
  }),
  arms: [chosen(96), scratch(96), rate(96, 0.2), rate(96, 0.05), rate(96, 0.01), chosen(128), rate(128, 0.2)],
  reference: 'chosen-96',
  seeds: 3,
  figures: { teacher: TEACHER_TOP1, top1: TOP1, retention: RETENTION, macs: MACS },
};
