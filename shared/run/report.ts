import { z } from 'zod';
import { GROUPINGS } from './class-groups.ts';
import { recipeSchema } from './recipe.ts';
import { searchSchema } from './search.ts';
import { STAGE_NAMES } from './stages.ts';

/**
 * The results of a run: the content of `report.json`. Shares are fractions (0.4 is 40 %), sizes bytes, times
 * milliseconds. Choices were made on the validation split; `top1`, `top5`, `confusion` and `perClass` are of the test
 * split, which was used once.
 */
export const REPORT_VERSION = 4;

/** The precision of a back end; `mixed` is half precision with f32 sums and weights. */
export const COMPUTE_PRECISIONS = ['f32', 'mixed'] as const;

const count = z.int().min(0);
const fraction = z.number().min(0).max(1);
const milliseconds = z.number().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Times of single inferences. `p50` is the median, `p95` what 95 % of them stay under. */
export const latencySchema = z.strictObject({ p50: milliseconds, p95: milliseconds });

export const modelReportSchema = z.strictObject({
  architecture: z.string(),
  /** Height and width of the input, pixels. */
  inputSize: z.int().min(1),
  parameters: count,
  /** Multiply-accumulates of one image's forward pass. */
  macs: count,
  /** 2 · macs. */
  flops: count,
  /** Size of the exported fp32 ONNX file. */
  bytes: count,
  /** Share of test images whose label is the best guess; null: not trained. */
  top1: fraction.nullable(),
  /** Share of test images whose label is among the five best guesses; null: not trained. */
  top5: fraction.nullable(),
  /** One image at a time, all models measured in turn. */
  latencyMs: latencySchema,
  /** 1000 / latencyMs.p50. */
  fps: z.number().min(0),
  /** The runtime of the latency measurement, with its version and threads: "ONNX Runtime 1.30, CPU, 1 thread, batch 1". */
  runtime: z.string(),
});

/** How sure a network is. Shares are of the test images. */
const calibrationSchema = z.strictObject({
  /** What its logits are divided by before the softmax (Guo et al. 2017); fitted on the validation images. */
  temperature: z.number().positive(),
  /** Expected calibration error of its top prediction, in 15 bins of equal width, without the temperature and with it. */
  errorBefore: fraction,
  errorAfter: fraction,
});

/** How one epoch found a training image. */
const hardImageSchema = z.strictObject({
  /** Index in the dataset. */
  image: count,
  /** Cross-entropy of the student with the label, as augmented. */
  loss: z.number(),
  /** How much the teacher's answers counted. */
  weight: z.number(),
});

/** What the embeddings of validation images are worth. */
const embeddingFiguresSchema = z.strictObject({
  /** Share whose class the labelled training images tell that lie nearest (Wu et al. 2018). */
  neighbours: fraction,
  /** Share whose class a linear classifier tells that was fitted to the labelled training images. */
  probe: fraction,
  /** Mean squared distance of two views of an image (Wang & Isola 2020). */
  alignment: z.number(),
  /** Logarithm of the mean potential of two images; lower is more evenly spread (Wang & Isola 2020). */
  uniformity: z.number(),
  /** How far they lie from their mean, root mean square; 0 where all are the same. */
  deviation: z.number(),
});

/** One epoch of one stage. Means are over its training images; validation figures are taken after it. */
export const epochMetricsSchema = z.strictObject({
  stage: z.enum(STAGE_NAMES),
  /** From 0; the three student stages count on, the baseline begins where warm-up ends, `alone` at 0. */
  epoch: count,
  /** At the end of the epoch. */
  learningRate: z.number().min(0),
  loss: z.number(),
  /** Terms of the loss before their weights: crossEntropy, logits, features, attention. */
  terms: z.record(z.string(), z.number()),
  /** Share of training images guessed right, as augmented; null where targets are mixed. */
  trainTop1: fraction.nullable(),
  /** Null where the stage is judged by nothing. */
  validationTop1: fraction.nullable(),
  validationLoss: z.number().nullable(),
  /** Of the network at the end of the epoch. */
  macs: count,
  imagesPerSecond: z.number().min(0),
  elapsedMs: milliseconds,
  /** Steps that were skipped because a gradient overflowed in mixed precision. */
  skippedSteps: count.default(0),
  /** Loss scale at the end of the epoch; null if the loss was not scaled. */
  lossScale: z.number().positive().nullable().default(null),
  /**
   * Training images with the largest losses, the largest first, and after them those that were so in the epoch before; none where
   * nobody teaches.
   */
  hardest: z.array(hardImageSchema).default([]),
  /** What embeddings are worth without a classifier, on validation images; null where the stage does not look at them. */
  embedding: embeddingFiguresSchema.nullable().default(null),
});

/** What a network gets right without some channels of one layer, all others whole, and not trained since. */
export const sensitivitySchema = z.strictObject({
  /** The first layer of those that lose the channels together. */
  layer: z.string(),
  channels: z.int().min(1),
  /** By removed channels, rising; the first has lost none. Top-1 on images that the network learns from. */
  points: z.array(z.strictObject({ removed: count, top1: fraction })).min(1),
});
export type LayerSensitivity = z.infer<typeof sensitivitySchema>;

export const cutSchema = z.strictObject({
  /** Number of the cut, from 1. */
  cut: z.int().min(1),
  /** The epoch, on the student's line, in which it was made. */
  epoch: count,
  macsBefore: count,
  macsAfter: count,
  parametersBefore: count,
  parametersAfter: count,
  /** Predicted by the table of latencies, where the recipe bounds milliseconds. */
  latencyMsBefore: milliseconds.nullable().optional(),
  latencyMsAfter: milliseconds.nullable().optional(),
  /** Output channels of convolutions taken away, summed over groups. */
  channelsRemoved: count,
  /** What each layer's channels are worth, where that was measured before the cut. */
  sensitivity: z.array(sensitivitySchema).optional(),
});

/**
 * Rows are true classes, columns guesses, both in the order of `dataset.classes`; entries are test images. Checked by hand:
 * a thousand classes have a million entries, for which a schema of each takes seconds.
 */
export const confusionSchema = z.custom<number[][]>(isCountMatrix, 'Invalid input: expected rows of counts');

function isCountMatrix(value: unknown): boolean {
  const isCounts = (row: unknown): boolean =>
    Array.isArray(row) && row.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
  return Array.isArray(value) && value.every(isCounts);
}

export const exportReportSchema = z.strictObject({
  format: z.string(),
  precision: z.string(),
  /** Relative to the folder of the report; of a file that was exported later, absolute. */
  file: z.string(),
  bytes: count,
  sha256,
  /** On the test split, in the runtime that the file was verified with. */
  top1: fraction,
  /** Balanced accuracy of all classes and by group, where the training images are long-tailed. */
  groups: z.array(z.strictObject({ group: z.enum(GROUPINGS), top1: fraction.nullable() })).default([]),
  /** Largest |difference| from our own forward pass, over all logits of the images compared. */
  maxAbsDifference: z.number().min(0),
  /** Largest minus smallest logit of our own forward pass on the same images. */
  logitsRange: z.number().min(0),
  /** Images compared. */
  images: count,
  /** What the file was compared and timed in, with its version and threads; null where an earlier version did not note it. */
  runtime: z.string().nullable().default(null),
  /** Null where the runtime that the file is for does not run here. */
  latencyMs: latencySchema.nullable(),
});

/** Milliseconds of one image. */
const predictedLatencySchema = z.strictObject({ predictedMs: z.number(), measuredMs: milliseconds.nullable() });

export const reportSchema = z.strictObject({
  version: z.literal(REPORT_VERSION),
  /** Id of the run. */
  run: z.string(),
  /** When the report was made, ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  /** Version of Decant. */
  decant: z.string(),
  seed: count,
  dataset: z.strictObject({
    name: z.string(),
    classes: z.array(z.string()),
    /** Images used in each split. */
    images: z.strictObject({
      train: count,
      validation: count,
      test: count,
      /** For training without their labels; none in reports from before it was kept. */
      unlabelled: count.default(0),
    }),
    /** Images left out because they cannot be read. */
    broken: count,
  }),
  recipe: recipeSchema,
  backend: z.strictObject({
    name: z.string(),
    device: z.string(),
    threads: count,
    /** Of training; the figures are taken in f32. */
    precision: z.enum(COMPUTE_PRECISIONS).default('f32'),
    /** Why this one was chosen. */
    reason: z.string(),
  }),
  machine: z.strictObject({
    platform: z.string(),
    cpu: z.string(),
    cores: z.int().min(1),
    memoryBytes: count,
    node: z.string(),
  }),
  teacher: modelReportSchema,
  /** The unpruned student, trained the same way; untrained (`top1` null) where `train.baseline` is off. */
  baseline: modelReportSchema,
  student: modelReportSchema,
  /** The unpruned student trained on the labels alone; null where `train.alone` is off, or it did not finish training. */
  alone: z
    .strictObject({
      top1: fraction,
      top5: fraction,
      /** Test images that it and the baseline, which the teacher taught, got right. */
      images: z.strictObject({ both: count, onlyTaught: count, onlyAlone: count, neither: count }),
    })
    .nullable()
    .default(null),
  /** The bound in milliseconds, and what the table that it goes by predicts; null where the recipe bounds none. */
  latency: z
    .strictObject({
      table: z.string(),
      device: z.string(),
      /** Processor and system of the device, and runtime, version and threads on it. */
      machine: z.string(),
      runtime: z.string(),
      precision: z.string(),
      /** Of the latencies that the run kept when it began. */
      sha256,
      /** When the table was measured last, and its median error on whole networks. */
      measuredAt: z.iso.datetime(),
      medianError: z.number().min(0).nullable(),
      boundMs: z.number().positive(),
      /** Of one image; measured in the table's runtime, where that was on this machine. */
      baseline: predictedLatencySchema,
      student: predictedLatencySchema,
    })
    .nullable()
    .default(null),
  /** The networks that a search judged, and the one that became the student; null where channels were cut. */
  search: searchSchema.nullable().default(null),
  /** The student's top-1 as a share of another's; null where that one was not trained or never right. */
  retention: z.strictObject({ vsTeacher: z.number().min(0).nullable(), vsBaseline: z.number().min(0).nullable() }),
  /** Share that was saved; negative where the student is larger. */
  reduction: z.strictObject({
    flopsVsTeacher: z.number().max(1),
    flopsVsBaseline: z.number().max(1),
    parametersVsBaseline: z.number().max(1),
  }),
  /** Linear centred kernel alignment of feature taps (Kornblith et al. 2019); 1: the same up to rotation and scale. */
  cka: z.array(
    z.strictObject({
      teacher: z.string(),
      student: z.string(),
      value: z.number(),
      /** Whether this pair was distilled. */
      distilled: z.boolean(),
    }),
  ),
  perClass: z.array(
    z.strictObject({
      name: z.string(),
      /** Test images of the class. */
      images: count,
      /** Training images of the class; null in reports from before it was kept. */
      trainImages: count.nullable().default(null),
      /** Of the compressed student; null for a class without test images. */
      top1: fraction.nullable(),
      teacherTop1: fraction.nullable(),
      baselineTop1: fraction.nullable(),
    }),
  ),
  /** How sure the networks are; null for one that was not trained, and for all in reports from before it was measured. */
  calibration: z
    .strictObject({
      teacher: calibrationSchema.nullable(),
      baseline: calibrationSchema.nullable(),
      student: calibrationSchema.nullable(),
    })
    .default({ teacher: null, baseline: null, student: null }),
  /**
   * Shares of the test images that are taken for unlike the training images, which are false alarms; `either`: by the teacher
   * or the student. Null in reports from before it was measured.
   */
  unlike: z.strictObject({ teacher: fraction, student: fraction, either: fraction }).nullable().default(null),
  /** Training images that the student's last epoch found hardest, the hardest first. */
  hardestImages: z
    .array(
      z.strictObject({
        /** Path in the dataset, and its class. */
        path: z.string(),
        class: z.string(),
        loss: z.number(),
        /** How much the teacher's answers counted, by epoch of the student's line. */
        weights: z.array(z.strictObject({ epoch: count, weight: z.number() })),
      }),
    )
    .default([]),
  confusion: z.strictObject({
    teacher: confusionSchema,
    baseline: confusionSchema.nullable(),
    student: confusionSchema,
  }),
  /** Output channels of each convolution of the student, before any cut and after the last. */
  layers: z.array(z.strictObject({ name: z.string(), before: count, after: count })),
  /** In the order of the stages, each by epoch. */
  history: z.array(epochMetricsSchema),
  cuts: z.array(cutSchema),
  exports: z.array(exportReportSchema),
  timing: z.strictObject({
    stages: z.array(z.strictObject({ stage: z.enum(STAGE_NAMES), elapsedMs: milliseconds })),
    totalMs: milliseconds,
    /** How often the run was resumed. */
    resumes: count,
  }),
  /** The processes that worked on the run, in their order; `backend` is that of the last. */
  sessions: z
    .array(
      z.strictObject({
        begunAt: z.iso.datetime(),
        backend: z.string(),
        device: z.string(),
        threads: count,
        precision: z.string(),
        /** Largest resident memory; of a process that was killed, until its last checkpoint. */
        peakMemoryBytes: count,
      }),
    )
    .default([]),
  /** The largest of all processes. */
  peakMemoryBytes: count,
  /** What the run did differently from what was requested, in sentences for people. */
  notes: z.array(z.string()).default([]),
  /** How the figures were measured, in sentences for people. */
  conventions: z.array(z.string()),
});

export type Report = z.infer<typeof reportSchema>;
export type ModelReport = z.infer<typeof modelReportSchema>;
export type HardImage = z.infer<typeof hardImageSchema>;
export type EmbeddingFigures = z.infer<typeof embeddingFiguresSchema>;
export type EpochMetrics = z.infer<typeof epochMetricsSchema>;
export type Cut = z.infer<typeof cutSchema>;
export type ExportReport = z.infer<typeof exportReportSchema>;
export type Calibration = z.infer<typeof calibrationSchema>;
export type Latency = z.infer<typeof latencySchema>;

/** The conventions behind every report's figures. */
export const CONVENTIONS: readonly string[] = [
  'Accuracy is measured on the test split, which is used only once. All choices are made on the validation split.',
  'FLOPs are 2 · MACs per image, counted in convolutions and fully connected layers, without batch norm and activations.',
  'Size is that of the exported fp32 ONNX file, with batch norm folded.',
  'Latency is for one image at a time (batch 1). The networks take turns in the runtime named. FPS is 1000 ms / p50.',
  'Retention is the top-1 of the compressed student as a share of the other network’s top-1.',
  'Calibration error is the expected calibration error (ECE) of the top prediction on the test images, in 15 bins of equal width: before → after the logits are divided by the temperature, which is fitted on the validation images (Guo et al. 2017).',
  'Balanced accuracy is the mean over the classes of their top-1. Head, medium and tail are the thirds of the classes with the most, the middle and the fewest training images; they are shown where the largest class has five times as many as the smallest.',
];
