import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Random } from '../core/random.ts';
import type { Batch } from './batch.ts';
import type { BatchJob } from './batch-server.ts';
import type { AugmentationSettings } from './compose-batch.ts';
import type { PixelCache } from './pixel-cache.ts';

/** Batches that are prepared ahead of the one in use. */
const AHEAD = 2;

export interface BatchOptions {
  batch: number;
  classes: number;
  /** Null: images as they are, for evaluation. */
  augmentation: AugmentationSettings | null;
  random: Random;
  epoch: number;
  shuffle: boolean;
  /** Where augmentations are drawn from, for the same images in the same order; default: from `random`, in `epoch`. */
  augmentFrom?: { random: Random; epoch: number };
  /** Leave out a last batch that is not full (batch norm dislikes small ones). */
  dropRemainder?: boolean;
  /** Only batches `[firstBatch, endBatch)` of the pass, the same as they are in the whole of it; default: all. */
  firstBatch?: number;
  endBatch?: number;
}

/** How many batches one pass over `images` images has. */
export function countBatches(images: number, batch: number, dropRemainder = false): number {
  return dropRemainder ? Math.floor(images / batch) : Math.ceil(images / batch);
}

/**
 * One pass over images of a cache, in batches; the next ones are prepared in another thread while one is in use.
 * The same generator, epoch and indices give the same batches, always; without `shuffle` they come in the order of
 * `indices`. Before each batch whatever else waits in this thread gets its turn: signals, requests, timers. Leaving the
 * loop early frees what was prepared.
 *
 * @throws DecantError `image.unreadable` when an index points at a broken image
 */
export async function* batches(
  cache: PixelCache,
  indices: ArrayLike<number>,
  {
    batch,
    classes,
    augmentation,
    random,
    epoch,
    shuffle,
    augmentFrom = { random, epoch },
    dropRemainder = false,
    firstBatch = 0,
    endBatch,
  }: BatchOptions,
): AsyncGenerator<Batch, void, void> {
  if (!(Number.isInteger(batch) && batch > 0)) throw new RangeError(`batch is ${batch}; it must be a positive integer`);
  cache.assertReadable(indices);
  const count = Math.min(endBatch ?? Number.POSITIVE_INFINITY, countBatches(indices.length, batch, dropRemainder));
  if (count <= firstBatch) return;
  const order = Int32Array.from(indices);
  if (shuffle) random.fork('order', epoch).shuffle(order);
  const from = { randomPath: augmentFrom.random.path, epoch: augmentFrom.epoch };
  const job = cache.batchServer().start({ order, batch, classes, augmentation, ...from });
  try {
    yield* takeInTurn(job, firstBatch, count);
  } finally {
    job.stop();
  }
}

async function* takeInTurn(job: BatchJob, first: number, end: number): AsyncGenerator<Batch, void, void> {
  const asked: Promise<Batch>[] = [];
  for (let next = first, number = first; number < end; number++) {
    for (; next < end && next <= number + AHEAD; next++) {
      const request = job.request(next);
      request.catch(() => undefined); // It is thrown where it is awaited; until then it is not unhandled.
      asked.push(request);
    }
    const batch = await asked.shift()!;
    // Steps that block would otherwise follow each other without a pause, and nobody could stop or ask anything.
    await letOthersRun();
    yield batch;
  }
}
