import type { DatasetInspection } from './inspection.ts';
import { type PartialRecipe, type Recipe, recipeSchema } from './recipe.ts';

export const PRESETS = ['quick', 'balanced', 'best', 'few-labels'] as const;
export type Preset = (typeof PRESETS)[number];

interface PresetGuide {
  readonly title: string;
  /** One sentence: what it is for. */
  readonly meaning: string;
}

export const PRESET_GUIDE: Readonly<Record<Preset, PresetGuide>> = {
  quick: {
    title: 'Quick look',
    meaning: 'Few images and epochs. Shows within minutes whether the dataset can be learned. Not for shipping.',
  },
  balanced: { title: 'Balanced', meaning: 'The defaults. Good accuracy in a reasonable time.' },
  best: {
    title: 'Best',
    meaning: 'Larger images, more epochs and smaller cuts. The highest accuracy, but takes hours.',
  },
  'few-labels': {
    title: 'Few labels',
    meaning:
      'Both networks learn from all images without labels first, then from the few that have labels. Takes hours.',
  },
};

/** How much effort a preset spends. */
interface Effort {
  /** Input sizes in pixels, largest first. The first one that is not larger than the images is used. */
  readonly inputSizes: readonly number[];
  /** How many images the teacher should see in all epochs together; small datasets need more epochs for that. */
  readonly teacherImages: number;
  readonly epochs: Readonly<
    Record<'teacher' | 'warmUp' | 'prune' | 'fineTune', readonly [least: number, most: number]>
  >;
  readonly cuts: number;
  readonly limit: number | null;
  /** How many images each network should see in all epochs before labels; null: there are none. */
  readonly withoutLabels: Readonly<Record<'teacher' | 'student', Pretraining>> | null;
}

interface Pretraining {
  readonly images: number;
  readonly epochs: readonly [least: number, most: number];
}

const EFFORTS: Readonly<Record<Preset, Effort>> = {
  quick: {
    inputSizes: [64, 48, 32],
    teacherImages: 20_000,
    epochs: { teacher: [4, 12], warmUp: [1, 3], prune: [2, 3], fineTune: [2, 4] },
    cuts: 3,
    limit: 2000,
    withoutLabels: null,
  },
  balanced: {
    inputSizes: [96, 64, 48, 32],
    teacherImages: 60_000,
    epochs: { teacher: [8, 30], warmUp: [2, 4], prune: [3, 6], fineTune: [5, 10] },
    cuts: 4,
    limit: null,
    withoutLabels: null,
  },
  best: {
    inputSizes: [160, 128, 96, 64, 48, 32],
    teacherImages: 200_000,
    epochs: { teacher: [20, 60], warmUp: [4, 8], prune: [6, 12], fineTune: [15, 30] },
    cuts: 8,
    limit: null,
    withoutLabels: null,
  },
  'few-labels': {
    inputSizes: [96, 64, 48, 32],
    teacherImages: 60_000,
    epochs: { teacher: [8, 60], warmUp: [2, 10], prune: [3, 10], fineTune: [5, 30] },
    cuts: 4,
    limit: null,
    withoutLabels: {
      teacher: { images: 400_000, epochs: [20, 200] },
      student: { images: 200_000, epochs: [10, 100] },
    },
  },
};

/** From this input size on, crops vary in area; smaller images are only shifted. */
const FREE_CROP_FROM = 96;
/** Number of training images from which larger batches do not harm accuracy. */
const LARGE_DATASET = 10_000;

/** Images without labels for each labelled one of a batch, where a preset learns from them beside the labels. */
const UNLABELLED_SHARE = 4;

type PresetDataset = Pick<DatasetInspection, 'images' | 'sizes'> & {
  readonly unlabelled?: Pick<DatasetInspection['unlabelled'], 'images'>;
};

/**
 * The recipe of a preset for a dataset; keys that the preset does not set have their defaults.
 *
 * @param networks what is already chosen: an imported teacher is not trained without labels
 */
export function presetRecipe(
  preset: Preset,
  { images, sizes, unlabelled }: PresetDataset,
  networks: Pick<Recipe, 'teacher' | 'student'> = recipeSchema.parse({}),
): Recipe {
  const { inputSizes, teacherImages, epochs, cuts, limit, withoutLabels } = EFFORTS[preset];
  const used = Math.max(1, Math.min(images, limit ?? images));
  const wanted = teacherImages / used;
  const scale = (wanted - epochs.teacher[0]) / (epochs.teacher[1] - epochs.teacher[0]);
  const choose = ([least, most]: readonly [number, number]) =>
    Math.round(least + (most - least) * Math.min(1, Math.max(0, scale)));
  const side = medianSide(sizes);
  const inputSize = inputSizes.find((size) => size <= side) ?? inputSizes.at(-1)!;
  const photographs = inputSize >= FREE_CROP_FROM;
  return recipeSchema.parse({
    teacher: networks.teacher,
    student: networks.student,
    data: {
      inputSize,
      limit: limit !== null && limit < images ? limit : null,
      augmentation: photographs ? { crop: 'resized', colorJitter: 0.2 } : {},
    },
    train: {
      batch: used >= LARGE_DATASET ? 128 : 32,
      teacherEpochs: choose(epochs.teacher),
      warmUpEpochs: choose(epochs.warmUp),
      pruneEpochs: choose(epochs.prune),
      fineTuneEpochs: choose(epochs.fineTune),
      baseline: preset !== 'quick',
    },
    prune: { steps: cuts },
    ...(withoutLabels && learnWithoutLabels(withoutLabels, used + (unlabelled?.images ?? 0), networks)),
  });
}

/** How networks learn from images without labels, before and beside those that have them. */
function learnWithoutLabels(
  { teacher, student }: NonNullable<Effort['withoutLabels']>,
  images: number,
  networks: Pick<Recipe, 'teacher' | 'student'>,
): PartialRecipe {
  const count = ({ images: wanted, epochs: [least, most] }: Pretraining) =>
    Math.min(most, Math.max(least, Math.round(wanted / images)));
  const { weights, onnx } = networks.teacher;
  const imported = weights !== null || onnx.file !== null;
  return {
    pretrain: {
      teacherEpochs: imported ? 0 : count(teacher),
      studentEpochs: networks.student.head === 'teacher' ? 0 : count(student),
    },
    distill: { unlabelled: { weight: 1, share: UNLABELLED_SHARE } },
  };
}

/** The lower bound of the bin that holds the median of the shorter sides, pixels. */
function medianSide(sizes: DatasetInspection['sizes']): number {
  const total = sizes.reduce((sum, { images }) => sum + images, 0);
  let seen = 0;
  for (const { from, images } of sizes) {
    seen += images;
    if (2 * seen >= total) return from;
  }
  return 0;
}
