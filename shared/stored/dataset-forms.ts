import { z } from 'zod';
import { datasetInspectionSchema } from '../run/inspection.ts';
import { defineForm } from './form.ts';

/** What the store keeps of a dataset, and what stands beside its decoded images. */

export const CLASSES_FORM = defineForm({ name: 'classes', schema: z.array(z.string()), wrapped: true });
export const INSPECTION_FORM = defineForm({ name: 'inspection', schema: datasetInspectionSchema });

/** Indices of a few readable images, by class. */
export const SAMPLES_FORM = defineForm({ name: 'samples', schema: z.array(z.array(z.int().min(0))), wrapped: true });

const count = z.int().min(0);
/** What is known of a file of decoded images; one that this version does not read is made anew, with its images. */
export const PIXEL_CACHE_FORM = defineForm({
  name: 'image cache',
  schema: z.strictObject({
    inputSize: count,
    count,
    broken: z.array(z.strictObject({ index: count, path: z.string(), reason: z.string() })),
    sizeBytes: count,
    checksums: z.array(count),
  }),
});
