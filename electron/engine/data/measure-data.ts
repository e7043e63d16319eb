import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { batches } from './batches.ts';
import { drawPicture } from './draw/draw-picture.ts';
import { DRAWN_CLASSES } from './draw/drawn-classes.ts';
import { openDataset } from './open-dataset.ts';
import { preparePixels } from './prepare-pixels.ts';

export interface DataSpeed {
  what: 'data';
  /** Images of the dataset. */
  images: number;
  /** Height and width of the JPEG files that were drawn; null for a dataset that was given. */
  source: number | null;
  /** Height and width to which images are scaled, in pixels. */
  size: number;
  batch: number;
  /** Cores that the process may use. */
  cores: number;
  open_ms: number;
  /** Reading, decoding, resizing and writing the cache. */
  cold_images_per_s: number;
  /** Reading the cache, augmenting as the default recipe does, and normalizing, with nothing else going on. */
  warm_images_per_s: number;
}

export interface MeasureDataOptions {
  /** Path of a dataset; null: pictures are drawn. */
  dataset?: string | null;
  /** Height and width of the drawn JPEG files, pixels; default: `size`. */
  source?: number | undefined;
  size: number;
  batch: number;
  /** Threads that decode; default: as many as there are cores, up to 8. */
  threads?: number | undefined;
  /** How long batches are taken, milliseconds; the pass that is then under way is ended. */
  warmMs?: number;
  /** Each of 100 drawn pictures is written this often. */
  copies?: number;
  clock?: Clock;
}

/** Times opening, decoding and batching of a dataset, or of drawn JPEGs, in a temporary folder that is removed. */
export async function measureData({
  dataset: path = null,
  size,
  source = size,
  batch,
  threads,
  warmMs = 1500,
  copies = source <= 64 ? 40 : 8,
  clock = systemClock,
}: MeasureDataOptions): Promise<DataSpeed> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-bench-'));
  try {
    const root = path ?? join(folder, 'drawn');
    if (path === null) await drawJpegs(root, source, copies);
    const start = clock.elapsedMs();
    const dataset = await openDataset(root);
    const opened = clock.elapsedMs();
    const cache = await preparePixels(dataset, { inputSize: size, cacheFolder: join(folder, 'cache'), threads });
    const prepared = clock.elapsedMs();
    const indices = cache.readable(dataset.images.map((_, index) => index));
    const { augmentation } = recipeSchema.parse({}).data;
    const pass = async (epoch: number): Promise<void> => {
      const random = new Random(1);
      const options = { batch, classes: dataset.classes.length, augmentation, random, epoch, shuffle: true };
      for await (const _ of batches(cache, indices, options));
    };
    await pass(0); // The thread starts, and its code is compiled.
    const warm = clock.elapsedMs();
    let passes = 0;
    do await pass(++passes);
    while (clock.elapsedMs() - warm < warmMs);
    const passed = clock.elapsedMs();
    await cache.close();
    await dataset.close();
    return {
      what: 'data',
      images: dataset.images.length,
      source: path === null ? source : null,
      size,
      batch,
      cores: availableParallelism(),
      open_ms: Math.round(opened - start),
      cold_images_per_s: Math.round((1000 * dataset.images.length) / (prepared - opened)),
      warm_images_per_s: Math.round((1000 * passes * indices.length) / (passed - warm)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ten pictures of each of ten classes as JPEG files of quality 90, each several times: drawing would take the longest. */
async function drawJpegs(root: string, size: number, copies: number): Promise<void> {
  for (const drawnClass of DRAWN_CLASSES.slice(0, 10)) {
    const folder = join(root, drawnClass.name);
    await mkdir(folder, { recursive: true });
    for (let number = 0; number < 10; number++) {
      const pixels = drawPicture(drawnClass, size, new Random(1).fork('bench', drawnClass.name, number));
      const raw = { width: size, height: size, channels: 3 } as const;
      const bytes = await sharp(pixels, { raw }).jpeg({ quality: 90 }).toBuffer();
      for (let copy = 0; copy < copies; copy++) await writeFile(join(folder, `${number}-${copy}.jpg`), bytes);
    }
  }
}
