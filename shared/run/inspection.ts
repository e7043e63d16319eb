/** What `inspect` finds in a dataset. Paths are relative to its root, with forward slashes. */
export interface DatasetInspection {
  name: string;
  /** Images that can be read. */
  images: number;
  /** False: the dataset has no folders for splits, and a stratified split will be made. */
  hasSplits: boolean;
  classes: {
    name: string;
    images: number;
    /** Readable images by split; `unsplit` where the dataset has no splits. */
    splits: Record<string, number>;
  }[];
  /** Readable images by split. */
  splits: Record<string, number>;
  /** Images of the largest class divided by those of the smallest. */
  imbalance: number;
  /** Shorter sides of the images in pixels: counts of `from <= side < to`. */
  sizes: { from: number; to: number; images: number }[];
  /** Files that look like images and cannot be read, with the reason. */
  unreadable: { path: string; reason: string }[];
  /** Groups of files with the same content. */
  duplicates: string[][];
  /** Those groups that lie in more than one split: the test figure would be flattered. */
  leaks: string[][];
  /** Those groups that carry more than one class: at most one of their labels is right. */
  conflicts: string[][];
  /** Classes with too few images to be learnt and measured. */
  tooFew: { name: string; images: number; wanted: number }[];
  /** Files and folders that are no part of the dataset, with the reason; hidden ones only where images lie in a folder that begins with a dot. */
  ignored: { path: string; reason: string }[];
}
