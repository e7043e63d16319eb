import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DecantError } from '../core/errors.ts';
import { type ProgressListener, ProgressMeter } from '../core/progress.ts';
import { checksumFile, readTrustedIndex, writeCacheIndex } from './cache-index.ts';
import {
  DEFAULT_CACHE_LIMIT_BYTES,
  type Eviction,
  makeRoom,
  markUse,
  nextUseTag,
  removeAbandoned,
} from './cache-room.ts';
import { countImages, type Dataset, imageAt, listLabels } from './dataset.ts';
import { decodeAll } from './decode-pool.ts';
import { type BrokenImage, PixelCache } from './pixel-cache.ts';

/** Raise it when decoding or resizing changes: old caches are then not used. */
const DECODER_VERSION = 1;

export interface PrepareOptions {
  /** Height and width to which images are scaled, in pixels. */
  inputSize: number;
  cacheFolder: string;
  /** What all caches of the folder may take together, bytes; the longest unused go first. Default: 20 GB. */
  cacheLimitBytes?: number | undefined;
  /** Called when caches had to go. */
  onEvicted?: ((eviction: Eviction) => void) | undefined;
  /** Whether images without labels are wanted, too; default: yes. What another run has of them may come with the others. */
  unlabelled?: boolean | undefined;
  /** Threads that decode; default: as many as there are cores, up to 8. */
  threads?: number | undefined;
  listener?: ProgressListener;
  signal?: AbortSignal;
  clock?: Clock;
}

/**
 * Decodes and resizes every image of a dataset, once, into a file of bytes in `cacheFolder`, and opens it. A cache of the
 * same images and size is used again if it is undamaged. What is written becomes a cache only when it is complete, so a
 * killed process leaves nothing that is believed. Images that are broken are listed in the cache, not fatal; a file that
 * cannot be read now ends the work, and nothing is kept.
 *
 * The caller closes the cache.
 *
 * @throws DecantError `dataset.classes` when no image of a class can be decoded, `dataset.unreadable`, `dataset.changed`,
 * `disk.full` or `output.unwritable`; the signal's reason when it is aborted
 */
export async function preparePixels(opened: Dataset, options: PrepareOptions): Promise<PixelCache> {
  const { inputSize, cacheFolder, signal, clock = systemClock } = options;
  const fingerprint = await opened.fingerprint(signal);
  const makeKey = (part: string) =>
    createHash('sha256').update(`${fingerprint} ${inputSize} ${DECODER_VERSION}${part}`).digest('hex').slice(0, 32);
  const whole = makeKey('');
  const all =
    (options.unlabelled ?? true) || opened.unlabelled.length === 0 || existsSync(join(cacheFolder, `${whole}.json`));
  const key = all ? whole : makeKey(' labelled');
  const dataset: Decoded = all ? opened : { ...opened, unlabelled: NONE };
  const path = join(cacheFolder, `${key}.pixels`);
  const labels = listLabels(dataset);
  await mkdir(cacheFolder, { recursive: true }).catch((error) => {
    throw describeWriteFailure(cacheFolder, error);
  });
  const release = await markUse(cacheFolder, key, { tag: nextUseTag(), nowMs: clock.now() });
  try {
    const expected = { inputSize, count: labels.length };
    const known = await readTrustedIndex(join(cacheFolder, `${key}.json`), path, expected, signal);
    const broken = known?.broken ?? (await makeCache(dataset, key, options));
    assertEveryClass(dataset, broken);
    return new PixelCache({ path, inputSize, labels, broken, release });
  } catch (error) {
    await release();
    throw error;
  }
}

/** What of a dataset is decoded. */
type Decoded = Pick<Dataset, 'path' | 'kind' | 'classes' | 'images' | 'unlabelled'>;

const NONE: Dataset['unlabelled'] = { length: 0, at: () => undefined };

/** Decodes a dataset into the cache of that key, and makes room for it first; returns the broken images. */
async function makeCache(dataset: Decoded, key: string, options: PrepareOptions): Promise<BrokenImage[]> {
  const { inputSize, cacheFolder, cacheLimitBytes = DEFAULT_CACHE_LIMIT_BYTES, signal } = options;
  const { threads, listener = () => undefined, clock = systemClock } = options;
  const count = countImages(dataset);
  const meter = new ProgressMeter({ stage: 'decode', total: count, unit: 'images', clock, listener });
  const pixelsPath = join(cacheFolder, `${key}.pixels`);
  const indexPath = join(cacheFolder, `${key}.json`);
  const temporary = join(cacheFolder, `.${key}.${nextUseTag()}.tmp`);
  try {
    await removeLeftovers(cacheFolder, key);
    await rm(indexPath, { force: true });
  } catch (error) {
    throw describeWriteFailure(cacheFolder, error);
  }
  const neededBytes = count * inputSize * inputSize * 3;
  const eviction = await makeRoom(cacheFolder, { key, neededBytes, limitBytes: cacheLimitBytes });
  if (eviction.caches > 0) options.onEvicted?.(eviction);
  try {
    const broken = await writePixels(dataset, temporary, { inputSize, threads, meter, signal });
    assertEveryClass(dataset, broken);
    const sums = await checksumFile(temporary, signal);
    await rename(temporary, pixelsPath).catch((error) => {
      throw describeWriteFailure(pixelsPath, error);
    });
    await writeCacheIndex(indexPath, { inputSize, count, broken, ...sums });
    return broken;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Decodes all images to their places in the file at `path`; returns those that could not be decoded. */
async function writePixels(
  dataset: Decoded,
  path: string,
  {
    inputSize,
    threads,
    meter,
    signal,
  }: { inputSize: number; threads: number | undefined; meter: ProgressMeter; signal: AbortSignal | undefined },
): Promise<BrokenImage[]> {
  const rowBytes = inputSize * inputSize * 3;
  const broken: BrokenImage[] = [];
  const file = await open(path, 'wx').catch((error) => {
    throw describeWriteFailure(path, error);
  });
  const write = async (bytes: Uint8Array, position: number): Promise<void> => {
    try {
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    } catch (error) {
      throw describeWriteFailure(path, error);
    }
  };
  try {
    await decodeAll(dataset, {
      inputSize,
      threads,
      ...(signal && { signal }),
      async receive({ first, images, pixels }) {
        await write(pixels, first * rowBytes);
        for (const [i, image] of images.entries())
          if (!image.ok)
            broken.push({ index: first + i, path: imageAt(dataset, first + i)!.path, reason: image.reason });
        meter.advance(images.length);
      },
    });
    await file.sync().catch((error) => {
      throw describeWriteFailure(path, error);
    });
  } finally {
    await file.close();
  }
  return broken.sort((a, b) => a.index - b.index);
}

/** @throws DecantError `dataset.classes` */
function assertEveryClass(dataset: Decoded, broken: readonly BrokenImage[]): void {
  const left = new Array<number>(dataset.classes.length).fill(0);
  for (const image of dataset.images) left[image.label]!++;
  for (const { index } of broken) if (index < dataset.images.length) left[dataset.images[index]!.label]!--;
  const label = left.indexOf(0);
  if (label < 0) return;
  const name = dataset.classes[label]!;
  const example = broken.find(({ index }) => dataset.images[index]?.label === label);
  throw new DecantError(
    'dataset.classes',
    `No image of class "${name}" can be read (${example?.path} ${example?.reason}); repair its images or remove the class.`,
    { name, broken: broken.length },
  );
}

/** What killed processes left of their work on any cache, and whoever left it of the index of this one. */
async function removeLeftovers(folder: string, key: string): Promise<void> {
  await removeAbandoned(folder);
  for (const name of await readdir(folder))
    if (name.startsWith(`.${key}.json.`) && name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
}
