import { z } from 'zod';
import { ROLE_NAMES } from '../../run/roles.ts';
import { count, datasetId, fraction, request, runId } from '../message.ts';

/** The probability is calibrated where the page of predictions is. */
const guess = z.strictObject({ label: count, probability: fraction });

/** What the networks said of one test image. */
export const imagePredictionSchema = z.strictObject({
  /** Index in the dataset; its thumbnail is `app://decant/thumbnails/<dataset>/<index>`. */
  image: count,
  path: z.string(),
  label: count,
  teacher: z.array(guess),
  student: z.array(guess),
  /** Null where it was not trained. */
  baseline: z.array(guess).nullable(),
  /** Whether the teacher or the student finds it unlike the images that they learned from; null where an older run does not know. */
  unlike: z.boolean().nullable(),
});
export type ImagePrediction = z.infer<typeof imagePredictionSchema>;

/** Rows of numbers from 0 to 1, `height` of `width` each. */
const attentionMapSchema = z.strictObject({
  tap: z.string(),
  height: z.int().min(1),
  width: z.int().min(1),
  values: z.array(fraction),
});

export const compareRequests = {
  /** Test images in a cell of a confusion matrix, a page at a time; null means any class. */
  'compare.predictions': request(
    z.strictObject({
      run: runId,
      model: z.enum(ROLE_NAMES),
      label: count.nullable(),
      guess: count.nullable(),
      /** Only images that `model` has wrong. */
      wrongOnly: z.boolean(),
      offset: count,
      limit: z.int().min(1).max(200),
    }),
    z.strictObject({
      dataset: datasetId,
      classes: z.array(z.string()),
      total: count,
      /** Whether the probabilities are calibrated; those of older runs are not. */
      calibrated: z.boolean(),
      images: z.array(imagePredictionSchema),
    }),
  ),
  /** Attention (channel mean of the squared feature, scaled to 0..1) of the distilled or default pairs, for one image. */
  'compare.attention': request(
    z.strictObject({ run: runId, image: count }),
    z.strictObject({
      dataset: datasetId,
      image: count,
      levels: z.array(z.strictObject({ teacher: attentionMapSchema, student: attentionMapSchema })),
    }),
  ),
  /** Every finished run as a point of accuracy against cost. */
  'compare.points': request(
    z.strictObject({ dataset: datasetId.nullable() }),
    z.array(
      z.strictObject({
        run: runId,
        name: z.string(),
        dataset: datasetId,
        role: z.enum(ROLE_NAMES),
        macs: count,
        parameters: count,
        top1: fraction,
      }),
    ),
  ),
};
