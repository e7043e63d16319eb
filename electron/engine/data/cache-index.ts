import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { writeFileAtomically } from '../core/atomic-file.ts';
import type { BrokenImage } from './pixel-cache.ts';

/** Bytes of pixels that one checksum covers. */
export const CHUNK_BYTES = 4 * 2 ** 20;

/** Stands beside a file of pixels and says that it is complete; written last. */
export interface CacheIndex {
  version: 1;
  inputSize: number;
  count: number;
  broken: BrokenImage[];
  sizeBytes: number;
  /** CRC-32 of every stretch of `CHUNK_BYTES`. */
  checksums: number[];
}

export async function writeCacheIndex(path: string, index: CacheIndex): Promise<void> {
  await writeFileAtomically(path, JSON.stringify(index));
}

/** The index at `path` if it is whole and the pixels beside it are what it says, byte for byte; else null. */
export async function readTrustedIndex(
  path: string,
  pixelsPath: string,
  expected: { inputSize: number; count: number },
  signal?: AbortSignal,
): Promise<CacheIndex | null> {
  try {
    const index: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isCacheIndex(index)) return null;
    if (index.inputSize !== expected.inputSize || index.count !== expected.count) return null;
    if (index.sizeBytes !== index.count * index.inputSize * index.inputSize * 3) return null;
    const found = await checksumFile(pixelsPath, signal);
    const same =
      found.sizeBytes === index.sizeBytes &&
      found.checksums.length === index.checksums.length &&
      found.checksums.every((sum, i) => sum === index.checksums[i]);
    return same ? index : null;
  } catch {
    signal?.throwIfAborted();
    return null; // Absent or unreadable: it is made again.
  }
}

/** Size and checksums of a file of pixels. */
export async function checksumFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ sizeBytes: number; checksums: number[] }> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const checksums: number[] = [];
    for (let sizeBytes = 0; ; ) {
      signal?.throwIfAborted();
      let filled = 0;
      while (filled < CHUNK_BYTES) {
        const { bytesRead } = await file.read(buffer, filled, CHUNK_BYTES - filled, sizeBytes + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0) checksums.push(crc32(buffer.subarray(0, filled)));
      sizeBytes += filled;
      if (filled < CHUNK_BYTES) return { sizeBytes, checksums };
    }
  } finally {
    await file.close();
  }
}

function isCacheIndex(value: unknown): value is CacheIndex {
  if (typeof value !== 'object' || value === null) return false;
  const index = value as Partial<Record<keyof CacheIndex, unknown>>; // Every member is checked below.
  return (
    index.version === 1 &&
    typeof index.inputSize === 'number' &&
    typeof index.count === 'number' &&
    typeof index.sizeBytes === 'number' &&
    Array.isArray(index.checksums) &&
    Array.isArray(index.broken) &&
    index.broken.every(
      (image: Partial<BrokenImage> | null) => typeof image?.index === 'number' && typeof image.reason === 'string',
    )
  );
}
