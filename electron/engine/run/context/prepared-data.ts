import type { DatasetId } from '../../core/ids.ts';
import type { BrokenImage, Dataset, PixelCache, Splits } from '../../data/index.ts';

/** A dataset that the store knows; the caller closes `dataset`. */
export interface KnownDataset {
  readonly id: DatasetId;
  readonly dataset: Dataset;
  readonly fingerprint: string;
}

/** Everything that training and measuring need to know about a dataset. */
export interface PreparedData {
  readonly name: string;
  /** SHA-256 over its images. */
  readonly fingerprint: string;
  readonly classes: readonly string[];
  /** Of every labelled image, by its index. */
  readonly paths: readonly string[];
  readonly cache: PixelCache;
  /** Readable images by split, as indices into the cache. */
  readonly splits: Splits;
  /** Validation images by which the networks of a search are judged, and nothing else; not among those of `splits`. */
  readonly searchImages?: Int32Array;
  readonly broken: readonly BrokenImage[];
}
