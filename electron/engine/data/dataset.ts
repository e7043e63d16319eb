import type { ByteLocation } from './byte-location.ts';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** One image file. */
export interface DatasetFile {
  /** Relative to the dataset's root, with forward slashes. */
  path: string;
  /** Size of the file, uncompressed. */
  bytes: number;
  /** Where its bytes lie. */
  location: ByteLocation;
}

/** One labelled image file. Its place in `Dataset.images` is its index everywhere else: splits, cache, batches. */
export interface DatasetImage extends DatasetFile {
  /** Index into `Dataset.classes`. */
  label: number;
  /** Null where the dataset has no folders for splits. */
  split: Split | null;
}

/** What stands for the class of an image that has no label, wherever labels are given by index. */
export const NO_LABEL = -1;

/** Images without labels. They may be many, so there is no object for each; `at` makes one. */
export interface UnlabelledImages {
  readonly length: number;
  at(index: number): DatasetFile | undefined;
}

/** Something that was found and is no part of the dataset. */
export interface IgnoredEntry {
  path: string;
  reason: string;
}

/** A folder or archive of images, opened: what is there, in a stable order, without reading an image. */
export interface Dataset {
  /** Name of the folder or archive, without `.zip`. */
  name: string;
  /** Absolute path of the folder or archive. */
  path: string;
  kind: 'folder' | 'zip';
  /** In natural order (`class2` before `class10`), which does not depend on the locale. None where all images are unlabelled. */
  classes: string[];
  /** Those with labels, ordered by split, class and path, naturally. */
  images: DatasetImage[];
  /**
   * Those without, ordered by path. Their indices everywhere else go on from those of `images`: the first has the index
   * `images.length`.
   */
  unlabelled: UnlabelledImages;
  /** Whether the folders say which image is for training and which for testing. */
  hasSplits: boolean;
  ignored: IgnoredEntry[];
  /**
   * SHA-256 (hex) over the paths, sizes and CRC-32 of all images: the same for a folder and a zip of it, wherever they
   * lie and whatever folder wraps them. Reads every file of a folder once; an archive knows its checksums. From then on
   * the locations of all images know their CRC-32.
   *
   * @param onRead told of every image that is behind it
   * @throws DecantError `dataset.unreadable` for a file that cannot be read now
   */
  fingerprint(signal?: AbortSignal, onRead?: () => void): Promise<string>;
  /** Lets go of the archive. */
  close(): Promise<void>;
}

type Images = Pick<Dataset, 'images' | 'unlabelled'>;

/** Images with and without labels: indices are below that. */
export function countImages({ images, unlabelled }: Images): number {
  return images.length + unlabelled.length;
}

/** The image of an index, with or without a label. */
export function imageAt({ images, unlabelled }: Images, index: number): DatasetFile | undefined {
  return index < images.length ? images[index] : unlabelled.at(index - images.length);
}

/** Class of every image by its index, `NO_LABEL` where it has none. */
export function listLabels({
  images,
  unlabelled,
}: Pick<Dataset, 'images'> & { unlabelled: { length: number } }): Int32Array {
  const labels = new Int32Array(images.length + unlabelled.length).fill(NO_LABEL);
  for (const [index, { label }] of images.entries()) labels[index] = label;
  return labels;
}
