import { z } from 'zod';

const count = z.int().min(0);
const paths = z.array(z.string());

/** What `inspect` finds in a dataset. Paths are relative to its root, with forward slashes. */
export const datasetInspectionSchema = z.strictObject({
  name: z.string(),
  /** Images that can be read. */
  images: count,
  /** False: the dataset has no folders for splits, and a stratified split will be made. */
  hasSplits: z.boolean(),
  classes: z.array(
    z.strictObject({
      name: z.string(),
      images: count,
      /** Readable images by split; `unsplit` where the dataset has no splits. */
      splits: z.record(z.string(), count),
    }),
  ),
  /** Readable images by split. */
  splits: z.record(z.string(), count),
  /** Images of the largest class divided by those of the smallest. */
  imbalance: z.number(),
  /** Shorter sides of the images in pixels: counts of `from <= side < to`. */
  sizes: z.array(z.strictObject({ from: z.number(), to: z.number(), images: count })),
  /** Files that look like images and cannot be read, with the reason. */
  unreadable: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
  /** Groups of files with the same content. */
  duplicates: z.array(paths),
  /** Those groups that lie in more than one split: the test figure would be flattered. */
  leaks: z.array(paths),
  /** Those groups that carry more than one class: at most one of their labels is right. */
  conflicts: z.array(paths),
  /** Classes with too few images to be learnt and measured. */
  tooFew: z.array(z.strictObject({ name: z.string(), images: count, wanted: count })),
  /** Files and folders that are no part of the dataset, with the reason; hidden ones only where images lie in a folder that begins with a dot. */
  ignored: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
});

export type DatasetInspection = z.infer<typeof datasetInspectionSchema>;
