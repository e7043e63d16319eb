import type { ByteLocation } from './byte-location.ts';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** One labelled image file. Its place in `Dataset.images` is its index everywhere else: splits, cache, batches. */
export interface DatasetImage {
  /** Relative to the dataset's root, with forward slashes. */
  path: string;
  /** Index into `Dataset.classes`. */
  label: number;
  /** Null where the dataset has no folders for splits. */
  split: Split | null;
  /** Size of the file, uncompressed. */
  bytes: number;
  /** Where its bytes lie. */
  location: ByteLocation;
}

/** Something that was found and is no part of the dataset. */
export interface IgnoredEntry {
  path: string;
  reason: string;
}

/** A folder or archive of labelled images, opened: what is there, in a stable order, without reading an image. */
export interface Dataset {
  /** Name of the folder or archive, without `.zip`. */
  name: string;
  /** Absolute path of the folder or archive. */
  path: string;
  kind: 'folder' | 'zip';
  /** In natural order (`class2` before `class10`), which does not depend on the locale. */
  classes: string[];
  /** Ordered by split, class and path, naturally. */
  images: DatasetImage[];
  /** Whether the folders say which image is for training and which for testing. */
  hasSplits: boolean;
  ignored: IgnoredEntry[];
  /**
   * SHA-256 (hex) over the paths, sizes and CRC-32 of all images: the same for a folder and a zip of it, wherever they
   * lie and whatever folder wraps them. Reads every file of a folder once; an archive knows its checksums.
   *
   * @param onRead told of every image that is behind it
   * @throws DecantError `dataset.unreadable` for a file that cannot be read now
   */
  fingerprint(signal?: AbortSignal, onRead?: () => void): Promise<string>;
  /** Lets go of the archive. */
  close(): Promise<void>;
}
