import { z } from 'zod';
import { datasetInspectionSchema } from '../run/inspection.ts';
import { defineForm } from './form.ts';

/** What the store keeps of a dataset, and what stands beside its decoded images. */

export const CLASSES_FORM = defineForm({ name: 'classes', schema: z.array(z.string()), wrapped: true });
export const INSPECTION_FORM = defineForm({ name: 'inspection', schema: datasetInspectionSchema });

/** Indices of a few readable images, by class. */
export const SAMPLES_FORM = defineForm({ name: 'samples', schema: z.array(z.array(z.int().min(0))), wrapped: true });

const count = z.int().min(0);
const cacheIndexSchema = z.strictObject({
  inputSize: count,
  count,
  broken: z.array(z.strictObject({ index: count, path: z.string(), reason: z.string() })),
  sizeBytes: count,
  /** CRC-32 of every stretch of so many bytes as `data/cache-index.ts` says. */
  checksums: z.array(count),
});
/** Stands beside a file of decoded images and says that it is complete; one that cannot be read is rebuilt, with its images. */
export type CacheIndex = z.infer<typeof cacheIndexSchema>;
export const PIXEL_CACHE_FORM = defineForm({ name: 'image cache', schema: cacheIndexSchema });

const answerIndexSchema = z.strictObject({
  /** Of the dataset; each has a row. */
  images: count,
  /** Numbers of a row, in this order: logits, feature maps by name `[height, width, channels]`, embedding (0: none). */
  logits: count,
  taps: z.array(z.strictObject({ name: z.string(), shape: z.array(count) })),
  embedding: count,
});
/** Stands beside a file of a teacher's answers and says what its rows hold; one that cannot be read is written again. */
export type AnswerIndex = z.infer<typeof answerIndexSchema>;
export const ANSWER_CACHE_FORM = defineForm({ name: 'answer cache', schema: answerIndexSchema });
