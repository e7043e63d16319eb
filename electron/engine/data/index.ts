/** Folders and archives of labelled images, decoded once and read in augmented batches. */
export type { Batch } from './batch.ts';
export { type BatchOptions, batches, countBatches } from './batches.ts';
export {
  DEFAULT_CACHE_LIMIT_BYTES,
  type Eviction,
  hasRoom,
  makeRoom,
  markUse,
  nextUseTag,
  removeAbandoned,
} from './cache-room.ts';
export type { AugmentationSettings } from './compose-batch.ts';
export type { Dataset, DatasetFile, DatasetImage, IgnoredEntry, Split, UnlabelledImages } from './dataset.ts';
export { countImages, imageAt, listLabels, NO_LABEL, SPLITS } from './dataset.ts';
export { decodePixels, makeThumbnail } from './decode-image.ts';
export { DRAWING_VERSION, type DrawOptions, drawDataset } from './draw/draw-dataset.ts';
export { drawBalanced } from './draw-balanced.ts';
export { findCopies } from './find-copies.ts';
export { ImageFiles } from './image-files.ts';
export { inspectDataset } from './inspect-dataset.ts';
export { type DataSpeed, type MeasureDataOptions, measureData } from './measure-data.ts';
export { normalizePixels, restorePixels } from './normalization.ts';
export { openDataset } from './open-dataset.ts';
export { type BrokenImage, PixelCache } from './pixel-cache.ts';
export { type PrepareOptions, preparePixels } from './prepare-pixels.ts';
export { type DividedDataset, type SplitOptions, type Splits, splitDataset } from './split-dataset.ts';
