import { setImmediate as letOthersRun } from 'node:timers/promises';
import { type Dataset, imageAt } from './dataset.ts';
import { describeLook, Looks } from './look.ts';
import type { PixelCache } from './pixel-cache.ts';

/** Rows that are read at once. */
const ROWS = 64;
/** Smaller pictures look alike too easily. */
const LEAST_SIZE = 16;

interface Wanted {
  /** Images, by index. */
  readonly of: readonly Int32Array[];
  /** Where copies of them are looked for. */
  readonly among: Int32Array;
}

/**
 * Images that are copies of others: the same file, as far as size and CRC-32 tell, or a picture that looks the same. Images
 * without a label come from everywhere, also from where the images that judge come from; learning from those makes figures too
 * good.
 *
 * Files are compared where their checksums are known, which a folder's are only once its fingerprint was taken.
 *
 * @throws the signal's reason when it is aborted
 */
export async function findCopies(
  dataset: Pick<Dataset, 'images' | 'unlabelled'>,
  cache: PixelCache,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Set<number>> {
  if (wanted.among.length === 0) return new Set();
  return new Set([...findSameFiles(dataset, wanted), ...(await findLookalikes(cache, wanted, signal))]);
}

function* findSameFiles(dataset: Pick<Dataset, 'images' | 'unlabelled'>, { of, among }: Wanted): Generator<number> {
  const known = new Set<string>();
  for (const indices of of)
    for (const index of indices) {
      const content = contentOf(dataset, index);
      if (content !== null) known.add(content);
    }
  for (const index of among) {
    const content = contentOf(dataset, index);
    if (content !== null && known.has(content)) yield index;
  }
}

function contentOf(dataset: Pick<Dataset, 'images' | 'unlabelled'>, index: number): string | null {
  const image = imageAt(dataset, index);
  const checksum = image?.location.crc32 ?? null;
  return image && checksum !== null ? `${image.bytes} ${checksum}` : null;
}

async function findLookalikes(
  cache: PixelCache,
  { of, among }: Wanted,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  if (cache.inputSize < LEAST_SIZE) return [];
  const looks = new Looks(cache.count);
  const pixels = new Uint8Array(ROWS * cache.rowBytes);
  for (const indices of [...of, among])
    for (let first = 0; first < indices.length; first += ROWS) {
      const some = indices.subarray(first, first + ROWS);
      await cache.read(some, pixels);
      for (const [row, index] of some.entries()) {
        const image = pixels.subarray(row * cache.rowBytes, (row + 1) * cache.rowBytes);
        looks.set(index, describeLook(image, cache.inputSize));
      }
      await letOthersRun();
      signal?.throwIfAborted();
    }
  const judges = of.flatMap((indices) => [...indices]);
  return [...looks.pairs(judges, among)].map(([, copy]) => copy);
}
