/** A batch ready for a step. Its arrays belong to whoever took it; nothing overwrites them later. */
export interface Batch {
  /** `[size, height, width, 3]`, normalized by `NORMALIZATION`. */
  images: Float32Array<ArrayBuffer>;
  /** `[size, classes]`: one-hot, or soft where images were mixed; rows sum to 1, or are 0 where an image has no label. */
  targets: Float32Array<ArrayBuffer>;
  /** Class of every image (of the larger part, where images were mixed); `NO_LABEL` where it has none. */
  labels: Int32Array<ArrayBuffer>;
  /** Index of every image in the dataset. */
  indices: Int32Array<ArrayBuffer>;
  size: number;
}
