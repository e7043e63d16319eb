import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { batches } from './batches.ts';
import { drawDataset } from './draw/draw-dataset.ts';
import { openDataset } from './open-dataset.ts';
import { preparePixels } from './prepare-pixels.ts';

export interface DataSpeed {
  what: 'data';
  /** Images of the dataset. */
  images: number;
  /** Height and width that images are brought to, pixels. */
  size: number;
  batch: number;
  open_ms: number;
  /** Reading, decoding, resizing and writing the cache. */
  cold_images_per_s: number;
  /** Reading the cache, augmenting as the default recipe does, and normalizing, with nothing else going on. */
  warm_images_per_s: number;
  /** Most memory that the process ever held, MiB. */
  peak_rss_mb: number;
}

/** Images of a dataset that is drawn when none is given, and passes over it. */
const DRAWN = { perClass: 100, pixels: 64, passes: 5 };

/** Times opening, decoding and batching of a dataset, or of drawn pictures, in a temporary folder that is removed. */
export async function measureData({
  dataset: path = null,
  size,
  batch,
  clock = systemClock,
}: {
  dataset?: string | null;
  size: number;
  batch: number;
  clock?: Clock;
}): Promise<DataSpeed> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-bench-'));
  try {
    const root = path ?? join(folder, 'drawn');
    if (path === null)
      await drawDataset(root, { trainPerClass: DRAWN.perClass, testPerClass: 1, size: DRAWN.pixels, seed: 1 });
    const start = clock.elapsedMs();
    const dataset = await openDataset(root);
    const opened = clock.elapsedMs();
    const cache = await preparePixels(dataset, { inputSize: size, cacheFolder: join(folder, 'cache') });
    const prepared = clock.elapsedMs();
    const indices = cache.readable(dataset.images.map((_, index) => index));
    const { augmentation } = recipeSchema.parse({}).data;
    let seen = 0;
    for (let epoch = 0; epoch < DRAWN.passes; epoch++)
      for await (const found of batches(cache, indices, {
        batch,
        classes: dataset.classes.length,
        augmentation,
        random: new Random(1),
        epoch,
        shuffle: true,
      }))
        seen += found.size;
    const passed = clock.elapsedMs();
    await cache.close();
    await dataset.close();
    return {
      what: 'data',
      images: dataset.images.length,
      size,
      batch,
      open_ms: Math.round(opened - start),
      cold_images_per_s: Math.round((1000 * dataset.images.length) / (prepared - opened)),
      warm_images_per_s: Math.round((1000 * seen) / (passed - prepared)),
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
