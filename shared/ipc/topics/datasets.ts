import { z } from 'zod';
import { datasetInspectionSchema } from '../../run/inspection.ts';
import { count, datasetId, nothing, request, workId } from '../message.ts';

export const datasetSummarySchema = z.strictObject({
  id: datasetId,
  name: z.string(),
  path: z.string(),
  kind: z.enum(['folder', 'zip']),
  /** Drawn by Decant itself. */
  sample: z.boolean(),
  classes: count,
  /** With labels. */
  images: count,
  unlabelled: count,
  /** ISO 8601, UTC: when it was last looked at. */
  seenAt: z.iso.datetime(),
  /** Its path is not there now. */
  missing: z.boolean(),
  runs: count,
});
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;

export const datasetDetailSchema = datasetSummarySchema.extend({
  inspection: datasetInspectionSchema,
  /** A few images of each class, by index, to be shown as thumbnails: `app://decant/thumbnails/<dataset>/<index>`. */
  samples: z.array(z.strictObject({ name: z.string(), images: z.array(count) })),
});
export type DatasetDetail = z.infer<typeof datasetDetailSchema>;

/** One image of a dataset, as the window may name it: by index, never by path. */
export const datasetImageSchema = z.strictObject({
  index: count,
  /** Relative to the dataset, to be shown as text. */
  path: z.string(),
  /** Null where it has none. */
  label: count.nullable(),
  split: z.string().nullable(),
});

export const datasetRequests = {
  /** Known datasets, the one looked at last first. */
  'datasets.list': request(nothing, z.array(datasetSummarySchema)),
  /** Opens a dialog for a folder or a .zip, reads what was picked; null where the user picked nothing. */
  'datasets.pick': request(
    z.strictObject({ kind: z.enum(['folder', 'zip']), work: workId }),
    datasetDetailSchema.nullable(),
  ),
  /**
   * Opens a dialog for where a dataset was moved to, and makes its runs know it there; null where the user picked nothing. The
   * images must be the same; the dataset has another id then.
   */
  'datasets.locate': request(
    z.strictObject({ dataset: datasetId, kind: z.enum(['folder', 'zip']), work: workId }),
    datasetDetailSchema.nullable(),
  ),
  /** Draws the sample dataset (once) and reads it. */
  'datasets.draw': request(z.strictObject({ work: workId }), datasetDetailSchema),
  'datasets.show': request(z.strictObject({ dataset: datasetId }), datasetDetailSchema),
  /** Reads it again: files may have changed. A changed dataset has another id. */
  'datasets.refresh': request(z.strictObject({ dataset: datasetId, work: workId }), datasetDetailSchema),
  /** Images of a class, those without one, or all (null), a page at a time. */
  'datasets.images': request(
    z.strictObject({
      dataset: datasetId,
      label: z.union([count, z.literal('unlabelled')]).nullable(),
      offset: count,
      limit: z.int().min(1).max(500),
    }),
    z.strictObject({ total: count, images: z.array(datasetImageSchema) }),
  ),
  /** Where images stand in the dataset that an inspection names; null where there is none of that name. No file is looked for. */
  'datasets.find': request(
    z.strictObject({ dataset: datasetId, images: z.array(z.string().max(4096)).max(500) }),
    z.array(count.nullable()),
  ),
  /** Forgets a dataset without runs; its files stay. */
  'datasets.forget': request(z.strictObject({ dataset: datasetId }), nothing),
};
