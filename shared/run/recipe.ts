import { z } from 'zod';

/**
 * Everything that decides a run's result, with its defaults. A recipe file is JSON of this shape with any part left
 * out; `--set a.b=c` sets one key of it.
 */

const positive = z.number().positive();
const fraction = z.number().min(0).max(1);

export const ARCHITECTURES = ['mobilenet-v2', 'mobilenet-v3-large', 'mobilenet-v3-small'] as const;
export const IMPORTANCES = ['l1', 'l2', 'batch-norm-scale', 'taylor', 'fpgm', 'random'] as const;
export const SELECTIONS = ['uniform', 'global', 'isomorphic'] as const;
export const WEIGHT_SCHEDULES = ['constant', 'linear-ramp'] as const;

const augmentationSchema = z.strictObject({
  /** `pad`: zero-pad by `padding` and crop back; `resized`: crop of random area and aspect, resized (Inception). */
  crop: z.enum(['none', 'pad', 'resized']).default('pad'),
  /** Pixels added on every side before a `pad` crop; null: one eighth of the input size. */
  padding: z.int().min(0).nullable().default(null),
  /** Smallest area of a `resized` crop, as a fraction of the image. */
  minArea: z.number().min(0.05).max(1).default(0.35),
  flip: z.boolean().default(true),
  /** Strength of brightness, contrast and saturation jitter; 0 is off. */
  colorJitter: fraction.default(0),
  /** Probability that a random rectangle is erased (Zhong et al. 2017). */
  erasing: fraction.default(0),
  /** Beta parameter of mixup (Zhang et al. 2018); 0 is off. */
  mixup: z.number().min(0).default(0),
  /** Beta parameter of CutMix (Yun et al. 2019); 0 is off. */
  cutmix: z.number().min(0).default(0),
});

const optimizerSchema = z.strictObject({
  name: z.enum(['sgd', 'adamw']).default('sgd'),
  /** Peak learning rate for a batch of 128; scaled linearly with the batch. */
  learningRate: positive.default(0.2),
  /** Momentum of SGD (Nesterov), beta1 of AdamW. */
  momentum: z.number().min(0).lt(1).default(0.9),
  /** Not applied to batch norm and biases. */
  weightDecay: z.number().min(0).default(5e-4),
  /** Share of all steps in which the rate rises linearly from near 0; then it falls along a cosine. */
  warmUp: fraction.default(0.25),
  /** Largest L2 norm of all gradients together; null is off. */
  clipNorm: positive.nullable().default(null),
  /** Decay of the exponential moving average of the weights; 0 is off. */
  ema: z.number().min(0).lt(1).default(0),
});

const networkSchema = z.strictObject({
  architecture: z.enum(ARCHITECTURES),
  width: z.number().min(0.1).max(4).default(1),
  /** Stride of the first convolution; null: 1 for inputs up to 64 pixels, else 2. */
  stemStride: z
    .union([z.literal(1), z.literal(2)])
    .nullable()
    .default(null),
  /** A safetensors file in torchvision's, timm's or Decant's own naming; null: from scratch. */
  weights: z.string().min(1).nullable().default(null),
});

export const recipeSchema = z.strictObject({
  seed: z.int().min(0).default(1),
  data: z
    .strictObject({
      /** Height and width that images are brought to, pixels. */
      inputSize: z.int().min(16).max(512).default(64),
      /** Share of the training images held out for choices, where the dataset has no validation split. */
      validation: z.number().gt(0).lt(0.5).default(0.1),
      /** Share of all images held out for the final figures, where the dataset has no test split. */
      test: z.number().gt(0).lt(0.5).default(0.2),
      /** Use at most this many training images (stratified, seeded); null: all. */
      limit: z.int().min(1).nullable().default(null),
      augmentation: augmentationSchema.prefault({}),
    })
    .prefault({}),
  teacher: networkSchema.prefault({ architecture: 'mobilenet-v3-large' }),
  student: networkSchema.prefault({ architecture: 'mobilenet-v2' }),
  train: z
    .strictObject({
      batch: z.int().min(2).max(4096).default(64),
      /** Epochs of the teacher (0 with imported weights: used as it is). */
      teacherEpochs: z.int().min(0).default(20),
      /** Epochs of the student under the teacher before the first cut. */
      warmUpEpochs: z.int().min(0).default(4),
      /** Epochs in which cuts and distillation alternate. */
      pruneEpochs: z.int().min(0).default(6),
      /** Epochs of distillation after the last cut. */
      fineTuneEpochs: z.int().min(0).default(10),
      labelSmoothing: z.number().min(0).lt(1).default(0.1),
      /** Stop a stage when validation accuracy has not risen for this many epochs; null: never. */
      patience: z.int().min(1).nullable().default(null),
      optimizer: optimizerSchema.prefault({}),
      /** Train the unpruned student in the same way, for comparison. */
      baseline: z.boolean().default(true),
    })
    .prefault({}),
  prune: z
    .strictObject({
      importance: z.enum(IMPORTANCES).default('taylor'),
      selection: z.enum(SELECTIONS).default('isomorphic'),
      /** Largest share of the unpruned student's MACs that may remain; null: no bound. */
      macs: z.number().gt(0).max(1).nullable().default(0.6),
      /** Largest share of the unpruned student's parameters that may remain; null: no bound. */
      parameters: z.number().gt(0).max(1).nullable().default(null),
      /** Widths stay multiples of this. */
      multiple: z.int().min(1).max(64).default(8),
      /** Smallest share of its channels that every layer keeps. */
      floor: z.number().gt(0).max(1).default(0.15),
      /** Names of layers that keep all their channels. */
      protect: z.array(z.string()).default([]),
      /** Number of cuts on the way to the budget. */
      steps: z.int().min(1).max(100).default(4),
    })
    .prefault({}),
  distill: z
    .strictObject({
      /** Weight of cross-entropy with the labels. */
      crossEntropy: z.number().min(0).default(1),
      /** Weight of the softened Kullback-Leibler divergence from the teacher's logits (Hinton et al. 2015). */
      logits: z.number().min(0).default(1),
      temperature: positive.default(4),
      /** Weight of the L2 distance between adapted student features and teacher features (FitNets, Romero et al. 2015). */
      features: z.number().min(0).default(0.5),
      /** Weight of attention transfer (Zagoruyko & Komodakis 2017). */
      attention: z.number().min(0).default(0),
      /** Norm used in attention transfer. */
      attentionPower: positive.default(2),
      /** Pairs of taps `[teacher node, student node]`; null: chosen by stride, one pair a level. */
      pairs: z
        .array(z.tuple([z.string(), z.string()]))
        .nullable()
        .default(null),
      /** How many levels are paired when `pairs` is null, counted from the deepest. */
      levels: z.int().min(1).max(8).default(3),
      schedule: z.enum(WEIGHT_SCHEDULES).default('constant'),
    })
    .prefault({}),
  measure: z
    .strictObject({
      /** Timed inferences a network, batch 1. */
      latencyRuns: z.int().min(10).max(10_000).default(200),
      latencyThreads: z.int().min(1).max(64).default(1),
      /** Test images used for CKA, at most. */
      ckaImages: z.int().min(8).default(1024),
    })
    .prefault({}),
  export: z.strictObject({ formats: z.array(z.enum(['onnx'])).default(['onnx']) }).prefault({}),
});

export type Recipe = z.infer<typeof recipeSchema>;
/** A recipe with any part left out. */
export type PartialRecipe = z.input<typeof recipeSchema>;
