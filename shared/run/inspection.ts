import { z } from 'zod';

const count = z.int().min(0);
const paths = z.array(z.string());

/** What `inspect` finds in a dataset. Paths are relative to its root, with forward slashes. */
export const datasetInspectionSchema = z.strictObject({
  name: z.string(),
  /** Images that can be read. */
  images: count,
  /** False if the dataset has no split folders, so that a stratified split will be made. */
  hasSplits: z.boolean(),
  classes: z.array(
    z.strictObject({
      name: z.string(),
      images: count,
      /** Readable images by split; `unsplit` if the dataset has no splits. */
      splits: z.record(z.string(), count),
    }),
  ),
  /** Readable images by split. */
  splits: z.record(z.string(), count),
  /** Images of the largest class divided by those of the smallest. */
  imbalance: z.number(),
  /** Shorter sides of the images in pixels: counts of `from <= side < to`. */
  sizes: z.array(z.strictObject({ from: z.number(), to: z.number(), images: count })),
  /** Files that look like images but cannot be read, with the reason. */
  unreadable: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
  /** Groups of files with the same content. */
  duplicates: z.array(paths),
  /** Those groups that occur in more than one split, which makes test results look too good. */
  leaks: z.array(paths),
  /**
   * Images of the validation or test split, each with those of other splits that look the same and are no copies: scaled or
   * compressed once more. At most 1000 groups of 50.
   */
  nearLeaks: z.array(paths).default([]),
  /** Those groups that occur in more than one class, where at most one label is correct. */
  conflicts: z.array(paths),
  /** Classes with too few images to learn and measure. */
  tooFew: z.array(z.strictObject({ name: z.string(), images: count, wanted: count })),
  /** Images without labels. Groups name labelled images first, and at most 50. */
  unlabelled: z
    .strictObject({
      /** Those that can be read. */
      images: count,
      /** Those that cannot, and the first of them with the reason. */
      broken: count,
      unreadable: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
      /** Further copies of images without labels. */
      repeated: count,
      /** Labelled images and unlabelled ones with the same content. */
      copies: z.array(paths),
      /** Labelled images, each with the unlabelled ones that look the same: scaled or compressed once more. */
      lookalikes: z.array(paths),
      /** Those of both where the labelled image is one of the validation or test split, so that learning from the others makes results look too good. */
      leaks: z.array(paths),
    })
    .default({ images: 0, broken: 0, unreadable: [], repeated: 0, copies: [], lookalikes: [], leaks: [] }),
  /** Files and folders that are not part of the dataset, with the reason. Hidden ones are listed only if they are folders with images. */
  ignored: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
});

export type DatasetInspection = z.infer<typeof datasetInspectionSchema>;
