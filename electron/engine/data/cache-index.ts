import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type CacheIndex, PIXEL_CACHE_FORM } from '../../../shared/stored/dataset-forms.ts';
import { readStored, writeStored } from '../../../shared/stored/form.ts';
import { writeFileAtomically } from '../core/atomic-file.ts';

/** Bytes of pixels that one checksum covers. */
export const CHUNK_BYTES = 4 * 2 ** 20;

export async function writeCacheIndex(path: string, index: CacheIndex): Promise<void> {
  await writeFileAtomically(path, JSON.stringify(writeStored(PIXEL_CACHE_FORM, index)));
}

/** The index at `path` if it is whole and the pixels beside it are what it says, byte for byte; else null. */
export async function readTrustedIndex(
  path: string,
  pixelsPath: string,
  expected: { inputSize: number; count: number },
  signal?: AbortSignal,
): Promise<CacheIndex | null> {
  try {
    const reading = readStored(PIXEL_CACHE_FORM, JSON.parse(await readFile(path, 'utf8')));
    if (!reading.ok) return null;
    const index = reading.value;
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
