import { z } from 'zod';
import { ARCHITECTURE_NAMES, type Architecture } from './architectures.ts';
import { METHOD_SCHEMAS } from './methods.ts';
import { INPUT_SIZE } from './network-limits.ts';

/**
 * Everything that decides a run's result, with its defaults. A recipe file is JSON of this shape with any part left
 * out; `--set a.b=c` sets one key of it.
 */

const positive = z.number().positive();
const fraction = z.number().min(0).max(1);
const epochs = z.int().min(0).max(10_000);

export const IMPORTANCES = ['l1', 'l2', 'batch-norm-scale', 'taylor', 'sensitivity', 'fpgm', 'random'] as const;
export const SELECTIONS = ['uniform', 'global', 'isomorphic'] as const;
export const EXPORT_FORMATS = ['onnx', 'tflite', 'tfjs', 'coreml'] as const;
export const TRAINING_PRECISIONS = ['f32', 'mixed', 'auto'] as const;
export const PRECISIONS = ['fp32', 'fp16', 'int8', 'int8-only'] as const;
/**
 * Peak learning rates where a recipe names none, for a batch of 128: of networks that start from random and from imported
 * weights, and of those that learn without labels. `bench/experiments/pretrained.ts` says how SGD's for imported weights was chosen. AdamW brings the steps of all
 * weights to the size of the rate, so its rates are far lower.
 */
export const CHOSEN_RATES = {
  sgd: { scratch: 0.2, imported: 0.02, unlabelled: 0.1 },
  adamw: { scratch: 0.01, imported: 0.001, unlabelled: 0.003 },
} as const;

/** Where a recipe names no norm and a student's methods call for one: `bench/experiments/league.ts` says how it was chosen. */
export const CHOSEN_CLIP_NORM = 1;

/** How a search proposes networks. */
export const SEARCH_POLICIES = ['evolution', 'random'] as const;

/** What `pretrain` and `data` begin with where they differ. */
interface Strengths {
  readonly crop: 'pad' | 'resized';
  readonly minArea: number;
  readonly colorJitter: number;
  readonly hue: number;
  readonly jitterChance: number;
  readonly grayscale: number;
}

const augmentationSchema = (strengths: Strengths) =>
  z.strictObject({
    crop: z
      .enum(['none', 'pad', 'resized'])
      .default(strengths.crop)
      .describe(
        '`pad`: zero-pad by `padding` and crop back; `resized`: crop of random area and aspect, resized (Inception).',
      ),
    padding: z
      .int()
      .min(0)
      .nullable()
      .default(null)
      .describe('Pixels added on every side before a `pad` crop; null: one eighth of the input size.'),
    minArea: z
      .number()
      .min(0.05)
      .max(1)
      .default(strengths.minArea)
      .describe('Smallest area of a `resized` crop, as a fraction of the image.'),
    flip: z.boolean().default(true).describe('Mirror half of the images, left to right.'),
    colorJitter: fraction
      .default(strengths.colorJitter)
      .describe('Strength of brightness, contrast and saturation jitter; 0 is off.'),
    hue: z
      .number()
      .min(0)
      .max(0.5)
      .default(strengths.hue)
      .describe('Share of the colour circle by which hues are turned at most, either way; 0 is off.'),
    jitterChance: fraction
      .default(strengths.jitterChance)
      .describe('Probability that colours are jittered (`colorJitter`, `hue`) at all; SimCLR takes 0.8.'),
    grayscale: fraction
      .default(strengths.grayscale)
      .describe('Probability that an image loses its colours; SimCLR takes 0.2.'),
    blur: fraction
      .default(0)
      .describe(
        'Probability of a Gaussian blur of up to 2 pixels; SimCLR takes 0.5 for large images and 0 for small ones.',
      ),
    erasing: fraction.default(0).describe('Probability that a random rectangle is erased (Zhong et al. 2017).'),
    mixup: z.number().min(0).default(0).describe('Beta parameter of mixup (Zhang et al. 2018); 0 is off.'),
    cutmix: z.number().min(0).default(0).describe('Beta parameter of CutMix (Yun et al. 2019); 0 is off.'),
  });

/** Chen et al. 2020, appendix B.9, for small images, of which they show parts from 8 % on. */
const WITHOUT_LABELS: Strengths = {
  crop: 'resized',
  minArea: 0.2,
  colorJitter: 0.4,
  hue: 0.1,
  jitterChance: 0.8,
  grayscale: 0.2,
};

const optimizerSchema = z.strictObject({
  name: z
    .enum(['sgd', 'adamw'])
    .default('sgd')
    .describe('How gradients become steps: SGD with Nesterov momentum, or AdamW.'),
  learningRate: positive
    .nullable()
    .default(null)
    .describe(
      `Peak learning rate for a batch of 128; scaled linearly with the batch. Null: ${CHOSEN_RATES.sgd.scratch} for a network that is trained from scratch, ${CHOSEN_RATES.sgd.imported} for one that starts from imported weights, which large steps would destroy; with AdamW ${CHOSEN_RATES.adamw.scratch} and ${CHOSEN_RATES.adamw.imported}.`,
    ),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum of SGD (Nesterov), beta1 of AdamW.'),
  weightDecay: z
    .number()
    .min(0)
    .default(5e-4)
    .describe('Pull of the weights towards zero; not applied to batch norm and biases.'),
  warmUp: fraction
    .default(0.25)
    .describe('Share of all steps in which the rate rises linearly from near 0; then it falls along a cosine.'),
  clipNorm: z
    .number()
    .min(0)
    .nullable()
    .default(null)
    .describe(
      `Largest L2 norm of all gradients together; 0 is off. Null: ${CHOSEN_CLIP_NORM} while a student learns with SGD and by more than labels, softened answers, features and their review, because the weights that papers give go with small learning rates; otherwise off.`,
    ),
  ema: z.number().min(0).lt(1).default(0).describe('Decay of the exponential moving average of the weights; 0 is off.'),
});

const networkSchema = (architecture: Architecture) =>
  z.strictObject({
    architecture: z.enum(ARCHITECTURE_NAMES).default(architecture).describe('The network.'),
    width: z.number().min(0.1).max(4).default(1).describe('Multiplier of all channel counts.'),
    stemStride: z
      .union([z.literal(1), z.literal(2)])
      .nullable()
      .default(null)
      .describe('Stride of the first convolution; null: 1 for inputs up to 64 pixels, else 2.'),
    firstStrides: z
      .array(z.union([z.literal(1), z.literal(2)]))
      .max(4)
      .default([])
      .describe(
        'Strides of the first blocks that usually have stride 2, in order; those left out keep 2. 1 keeps the maps of small images large.',
      ),
    weights: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'A safetensors file with the names of torchvision, timm (except its `tf_` variants) or Decant; `catalogue:<id>` for published weights (`decant weights`); `run:<id>` for those of an earlier run; null: train from scratch.',
      ),
  });

const perChannel = (numbers: [number, number, number]) => z.array(z.number()).length(3).default(numbers);

const onnxSchema = z.strictObject({
  file: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'An ONNX file with any image classifier, used as it is instead of a Decant network (`train.teacherEpochs` 0); `distill.pairs` then names its internal values; null: none.',
    ),
  white: z
    .union([z.literal(1), z.literal(255)])
    .default(1)
    .describe(
      'Pixel range that the ONNX model expects before `mean` and `std`: 0 to 1 or 0 to 255. Not used for files that Decant wrote.',
    ),
  mean: perChannel([0.485, 0.456, 0.406]).describe(
    'Subtracted from red, green and blue. Not used for files that Decant wrote.',
  ),
  std: perChannel([0.229, 0.224, 0.225]).describe(
    'Divides red, green and blue after that. Not used for files that Decant wrote.',
  ),
});

export const recipeSchema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .default(1)
    .describe('Determines every random choice; the same seed gives the same run on the same back end.'),
  data: z
    .strictObject({
      inputSize: z
        .int()
        .min(INPUT_SIZE.least)
        .max(INPUT_SIZE.most)
        .default(64)
        .describe('Height and width to which images are scaled, in pixels.'),
      validation: z
        .number()
        .gt(0)
        .lt(0.5)
        .default(0.1)
        .describe('Share of the training images held out for validation if the dataset has no validation split.'),
      test: z
        .number()
        .gt(0)
        .lt(0.5)
        .default(0.2)
        .describe('Share of all images held out for testing if the dataset has no test split.'),
      limit: z
        .int()
        .min(1)
        .nullable()
        .default(null)
        .describe('Use at most this many training images (stratified, seeded); null: all.'),
      imbalance: z
        .number()
        .min(1)
        .max(10_000)
        .default(1)
        .describe(
          'For experiments: training images are left out until the largest class has so many times as many as the smallest, along an exponential (Cao et al. 2019); 1: none are.',
        ),
      labels: z
        .int()
        .min(1)
        .nullable()
        .default(null)
        .describe(
          'For experiments: only this many training images of each class keep their label, and as many of a drawn validation split (seeded; fewer are part of more); the others count as unlabelled. Null: all.',
        ),
      unlabelled: z
        .boolean()
        .default(true)
        .describe(
          'Stages that learn without labels use the images of the folder `unlabelled`, and those whose label `labels` takes away.',
        ),
      augmentation: augmentationSchema({
        crop: 'pad',
        minArea: 0.35,
        colorJitter: 0,
        hue: 0,
        jitterChance: 1,
        grayscale: 0,
      }).prefault({}),
    })
    .prefault({}),
  balance: z
    .strictObject({
      labels: z
        .enum(['none', 'balanced-softmax', 'class-weights'])
        .default('none')
        .describe(
          'How cross-entropy makes up for classes with few images. `balanced-softmax`: logits plus `tau` times the logarithm of the class sizes (Ren et al. 2020; Menon et al. 2021); `class-weights`: each image counts by the effective number of images of its class (Cui et al. 2019).',
        ),
      tau: positive
        .default(1)
        .describe('Strength of `balanced-softmax`; other than 1 it is known as logit adjustment (Menon et al. 2021).'),
      answers: z
        .enum(['none', 'images', 'teacher'])
        .default('none')
        .describe(
          'How the methods that learn from the teacher’s answers make up for classes with few images. `images`: each image counts by the effective number of its class; `teacher`: the teacher’s probabilities are multiplied by these weights (Balanced Knowledge Distillation, Zhang et al. 2023).',
        ),
      beta: z
        .number()
        .min(0)
        .lt(1)
        .default(0.9999)
        .describe('Beta of the effective number of images (1 − beta^n) / (1 − beta); 0 counts all classes alike.'),
      sampling: z
        .enum(['natural', 'balanced'])
        .default('natural')
        .describe(
          'Which images an epoch has. `natural`: each once; `balanced`: as many of each class, those of small classes again and again.',
        ),
      from: fraction
        .default(0)
        .describe(
          'Share of a network’s epochs after which all of this begins; 0.8 defers it to the last fifth (deferred re-weighting, Cao et al. 2019).',
        ),
      teacher: z.boolean().default(false).describe('Whether the teacher is trained in this way, too.'),
    })
    .prefault({}),
  teacher: networkSchema('mobilenet-v3-large')
    .extend({ onnx: onnxSchema.prefault({}) })
    .prefault({}),
  student: networkSchema('mobilenet-v2')
    .extend({
      head: z
        .enum(['own', 'teacher'])
        .default('own')
        .describe(
          'Its classifier. `own`: one that it learns; `teacher`: the teacher’s, copied and never changed, behind a projector from the student’s last block to the teacher’s last feature map (`distill.simkd`). Both stay in the student and its exported files, and cost FLOPs and parameters.',
        ),
    })
    .prefault({}),
  pretrain: z
    .strictObject({
      teacherEpochs: epochs
        .default(0)
        .describe(
          'Epochs in which the teacher learns from images without labels, labelled ones among them, before it is trained (SimCLR, Chen et al. 2020).',
        ),
      studentEpochs: epochs
        .default(0)
        .describe(
          'Epochs in which the student learns from images without labels, labelled ones among them, before it is trained.',
        ),
      student: z
        .enum(['embeddings', 'answers', 'views'])
        .default('embeddings')
        .describe(
          'What the student learns without labels. `embeddings`: how alike images are to the teacher (`distill.queue`, SEED); `answers`: the teacher’s answers (`distill.unlabelled`); `views`: which views are of one image, without the teacher (`distill.simclr`).',
        ),
      batch: z
        .int()
        .min(2)
        .max(4096)
        .default(128)
        .describe('Images per step without labels; more give more to compare with.'),
      chunk: z
        .int()
        .min(2)
        .max(4096)
        .nullable()
        .default(null)
        .describe(
          'Images that are computed at a time where the whole batch does not fit in memory; the loss is still that of the batch (GradCache, Gao et al. 2021). A step takes a third longer, and batch norm sees a chunk at a time. Not for `answers`. Null: the whole batch.',
        ),
      learningRate: positive
        .nullable()
        .default(null)
        .describe(
          `Peak learning rate without labels for a batch of 128; scaled linearly with the batch. Null: ${CHOSEN_RATES.sgd.unlabelled}, with AdamW ${CHOSEN_RATES.adamw.unlabelled}.`,
        ),
      augmentation: augmentationSchema(WITHOUT_LABELS)
        .omit({ padding: true, erasing: true, cutmix: true })
        .extend({
          mixup: z
            .number()
            .min(0)
            .default(1)
            .describe(
              'Beta parameter of mixup while the student learns from the teacher, unless `distill.views` repeats views; 0 is off.',
            ),
        })
        .prefault({}),
    })
    .prefault({}),
  train: z
    .strictObject({
      batch: z.int().min(2).max(4096).default(64).describe('Images per training step.'),
      teacherEpochs: epochs.default(20).describe('Epochs of teacher training; 0 uses imported weights as they are.'),
      warmUpEpochs: epochs.default(4).describe('Epochs of distillation before the first cut.'),
      pruneEpochs: epochs.default(6).describe('Epochs in which cuts and distillation alternate.'),
      fineTuneEpochs: epochs.default(10).describe('Epochs of distillation after the last cut.'),
      labelSmoothing: z
        .number()
        .min(0)
        .lt(1)
        .default(0.1)
        .describe('Share of each label that is spread over all classes.'),
      patience: z
        .int()
        .min(1)
        .nullable()
        .default(null)
        .describe(
          'Stop training a network when validation accuracy has not risen for this many epochs (the student only after its last cut); null: never.',
        ),
      optimizer: optimizerSchema.prefault({}),
      precision: z
        .enum(TRAINING_PRECISIONS)
        .default('f32')
        .describe(
          'Numeric precision of training. `mixed`: convolutions and matrix products in half precision with f32 sums and weights and a dynamic loss scale if the back end supports it (a graphics card, `webgpu`), otherwise f32 with a warning; `auto`: the same without the warning. Final figures are always measured in f32.',
        ),
      baseline: z.boolean().default(true).describe('Train the unpruned student the same way, for comparison.'),
      alone: z
        .boolean()
        .default(false)
        .describe(
          'Train the unpruned student once more on the labels alone, from the same weights and with the same images, to tell whether distillation helped; needs `train.baseline`. It takes as many epochs as the student.',
        ),
    })
    .prefault({}),
  prune: z
    .strictObject({
      importance: z
        .enum(IMPORTANCES)
        .default('taylor')
        .describe(
          'How channels are scored; `taylor` reads the gradients of the distillation loss, and `sensitivity` measures before each cut, layer by layer, how the loss on 256 training images rises as the channels that `taylor` finds least important are left out.',
        ),
      selection: z
        .enum(SELECTIONS)
        .default('global')
        .describe(
          'Which channels compete: those of one layer (`uniform`), all (`global`), or those of layers with the same topology (`isomorphic`).',
        ),
      macs: z
        .number()
        .gt(0)
        .max(1)
        .nullable()
        .default(0.6)
        .describe("Largest share of the unpruned student's MACs that may remain; null: no limit."),
      parameters: z
        .number()
        .gt(0)
        .max(1)
        .nullable()
        .default(null)
        .describe("Largest share of the unpruned student's parameters that may remain; null: no limit."),
      latencyMs: z
        .number()
        .positive()
        .max(100_000)
        .nullable()
        .default(null)
        .describe(
          'Most milliseconds that the student may take for one image (batch 1), as `latencyTable` predicts; null: no limit.',
        ),
      latencyTable: z
        .string()
        .min(1)
        .max(60)
        .nullable()
        .default(null)
        .describe(
          'The table of measured latencies that predicts milliseconds, for its device, runtime, precision and threads (`decant latency`); null: none.',
        ),
      multiple: z.int().min(1).max(64).default(8).describe('Widths stay multiples of this.'),
      floor: z.number().gt(0).max(1).default(0.15).describe('Smallest share of its channels that every layer keeps.'),
      costExponent: z
        .number()
        .min(0)
        .max(2)
        .nullable()
        .default(null)
        .describe(
          'How strongly importance is divided by what a channel costs: 0 not at all, 1 importance per share of the budget; null: 1 for taylor and sensitivity, whose scores are losses, else 0.',
        ),
      protect: z.array(z.string()).default([]).describe('Names of layers that keep all their channels.'),
      steps: z.int().min(1).max(100).default(4).describe('Number of cuts on the way to the budget.'),
    })
    .prefault({}),
  search: z
    .strictObject({
      epochs: epochs
        .default(0)
        .describe(
          'Epochs in which narrower networks of the student’s own channels learn beside it; then the best of them within the budget is looked for, and takes its place instead of the cuts, whose epochs are left out. 0: channels are cut.',
        ),
      policy: z
        .enum(SEARCH_POLICIES)
        .default('evolution')
        .describe(
          'How networks are proposed. `evolution`: those that were judged best are changed and mixed (OFA, Cai et al. 2020); `random`: each is drawn by chance.',
        ),
      population: z.int().min(2).max(256).default(32).describe('Networks that are judged in a round.'),
      rounds: z
        .int()
        .min(1)
        .max(64)
        .default(8)
        .describe('Rounds of the search, each of which begins with the best so far.'),
      networks: z
        .int()
        .min(0)
        .max(16)
        .default(2)
        .describe(
          'Networks of random widths that learn in each step, beside the smallest one (sandwich rule, Yu & Huang 2019).',
        ),
    })
    .prefault({}),
  distill: z
    .strictObject({
      ...METHOD_SCHEMAS,
      perImage: z
        .strictObject({
          weight: z
            .enum(['none', 'relative-loss'])
            .default('none')
            .describe(
              'How much the teacher’s answers count for each image. `relative-loss`: 1 − exp(−student’s cross-entropy / teacher’s), so that images which the student finds hard and the teacher easy count most (weighted soft labels, Zhou et al. 2021).',
            ),
          trust: z
            .enum(['always', 'correct'])
            .default('always')
            .describe('`correct`: the teacher’s answers count only for images that it gets right.'),
        })
        .prefault({}),
      pairs: z
        .array(z.tuple([z.string(), z.string()]))
        .nullable()
        .default(null)
        .describe('Pairs of taps `[teacher node, student node]`; null: chosen by stride, one pair per level.'),
      levels: z
        .int()
        .min(1)
        .max(8)
        .default(3)
        .describe('How many levels are paired when `pairs` is null, counted from the deepest.'),
      views: z
        .int()
        .min(1)
        .max(10_000)
        .nullable()
        .default(null)
        .describe(
          'Epochs after which the augmentations that the student sees repeat, the same in every run of these images. The teacher then answers each view of an image once, for all runs that share its weights (FKD, Shen & Xing 2022; TinyViT, Wu et al. 2022). In a small test with three seeds, top-1 changed by −5.3 ± 5.8 points with 1 view, −0.9 ± 2.6 with 2 and +0.2 ± 4.2 with 4, and distillation took 26 to 32 % less time once answers were cached. Null: never.',
        ),
    })
    .prefault({}),
  measure: z
    .strictObject({
      latencyRuns: z
        .int()
        .min(10)
        .max(10_000)
        .default(200)
        .describe('Timed inferences per network, one image at a time.'),
      latencyThreads: z.int().min(1).max(64).default(1).describe('Threads of the runtime during timing.'),
      ckaImages: z.int().min(8).default(1024).describe('Most test images used for CKA.'),
    })
    .prefault({}),
  export: z
    .strictObject({
      formats: z
        .array(z.enum(EXPORT_FORMATS))
        .default(['onnx'])
        .describe('File formats to export the compressed student to.'),
      precisions: z
        .array(z.enum(PRECISIONS))
        .default(['fp32'])
        .describe(
          'How numbers are stored, one file per precision; 8-bit integers are chosen on validation images. `int8-only` (tflite only) also takes and returns integers.',
        ),
      quantizationAware: z
        .strictObject({
          epochs: z
            .int()
            .min(0)
            .max(100)
            .default(3)
            .describe(
              'Epochs of quantization-aware training: the student learns to work with 8-bit integers if rounding alone loses too much accuracy (Jacob et al. 2018); 0: never.',
            ),
          threshold: z
            .number()
            .min(-1)
            .max(1)
            .default(0.01)
            .describe(
              'Accepted loss of int8 accuracy without that training, as a share of top-1 on the validation images; -1: always train.',
            ),
        })
        .prefault({}),
    })
    .prefault({}),
  goal: z
    .strictObject({
      retention: z
        .number()
        .gt(0)
        .max(1)
        .default(0.98)
        .describe(
          'Share of the teacher’s top-1 that the student is to keep. The verdict is judged by it, on the test images; training does not depend on it unless `goal.stopCutting` is on.',
        ),
      stopCutting: z
        .boolean()
        .default(false)
        .describe(
          'Whether the student stays as large as it is once cuts have cost it the goal: no more is cut while its validation accuracy, which had reached `goal.retention` of the teacher’s, is below it by more than a standard error. The budget is then not met. A student that has not reached the goal before its first cut, as is usual from scratch, is cut as planned.',
        ),
    })
    .prefault({}),
});

export type Recipe = z.infer<typeof recipeSchema>;
/** A recipe with any part left out. */
export type PartialRecipe = z.input<typeof recipeSchema>;
