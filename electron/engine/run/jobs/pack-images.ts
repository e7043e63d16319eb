import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IMAGES_FORM, type PackedImages } from '../../../../shared/stored/job-forms.ts';
import type { BlobStore } from '../../blobs/index.ts';
import { systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import { limitParallel } from '../../core/limit-parallel.ts';
import { isProcessAlive } from '../../core/process.ts';
import { type ProgressListener, ProgressMeter } from '../../core/progress.ts';
import { countImages, type Dataset, imageAt, openDataset } from '../../data/index.ts';
import { getStored, putStored } from './stored-blobs.ts';

/** Files that are copied at a time: a share answers slowly, but many at once. */
const PARALLEL_COPIES = 8;

interface Watching {
  readonly listener: ProgressListener;
  readonly signal: AbortSignal;
}

/**
 * Puts a dataset's images into a blob store, each once, and gives the hash of the list of them. An archive is one blob.
 *
 * @throws the signal's reason; DecantError `dataset.changed`, `disk.full`, `disk.failed`, `output.unwritable`
 */
export async function packImages(
  blobs: BlobStore,
  dataset: Dataset,
  fingerprint: string,
  { listener, signal }: Watching,
): Promise<string> {
  const name = basename(dataset.path);
  const sources =
    dataset.kind === 'zip'
      ? [{ path: name, file: dataset.path }]
      : Array.from({ length: countImages(dataset) }, (_, index) => {
          const { path, location } = imageAt(dataset, index)!;
          if (location.kind !== 'file') throw new TypeError('An image of a folder is a file.');
          return { path, file: location.path };
        });
  const meter = measure('pack images', sources.length, listener);
  const inTurn = limitParallel(PARALLEL_COPIES);
  const files = await Promise.all(
    sources.map(({ path, file }) =>
      inTurn(async (): Promise<[string, string]> => {
        signal.throwIfAborted();
        const sha256 = await blobs.putFile(file);
        meter.advance(1);
        return [path, sha256];
      }),
    ),
  );
  return putStored(blobs, IMAGES_FORM, { name, kind: dataset.kind, fingerprint, files });
}

/**
 * The path of a packed dataset below a folder, where it is brought unless it lies there whole.
 *
 * @throws the signal's reason; DecantError `blob.missing`, `blob.damaged`, `dataset.changed`, `disk.full`, `disk.failed`, `output.unwritable`
 */
export async function unpackImages(
  blobs: BlobStore,
  images: string,
  folder: string,
  watching: Watching,
): Promise<string> {
  const packed = await getStored(blobs, IMAGES_FORM, images);
  const place = join(folder, images);
  const path = join(place, packed.name);
  if (await isWhole(path, packed, watching.signal)) return path;
  const temporary = join(folder, `${images}.${process.pid}.tmp`);
  await removeAbandoned(folder);
  try {
    await copyAll(blobs, packed, temporary, watching);
    await rm(place, { recursive: true, force: true });
    // Another worker of this home may have been faster.
    await rename(temporary, place).catch(async (error: unknown) => {
      if (!(await isWhole(path, packed, watching.signal))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  if (await isWhole(path, packed, watching.signal)) return path;
  throw new DecantError(
    'dataset.changed',
    'The images that were packed for this job are not those of its dataset; start the sweep again.',
    { images },
  );
}

/** Removes what workers that were killed had fetched in part. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /\.(\d+)\.tmp$/.exec(name)?.[1];
    if (pid === undefined || (Number(pid) !== process.pid && isProcessAlive(Number(pid)))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function copyAll(
  blobs: BlobStore,
  { name, kind, files }: PackedImages,
  folder: string,
  { listener, signal }: Watching,
): Promise<void> {
  const root = kind === 'zip' ? folder : join(folder, name);
  await mkdir(root, { recursive: true });
  const meter = measure('fetch images', files.length, listener);
  const inTurn = limitParallel(PARALLEL_COPIES);
  await Promise.all(
    files.map(([path, sha256]) =>
      inTurn(async () => {
        signal.throwIfAborted();
        const target = join(root, ...path.split('/'));
        await mkdir(dirname(target), { recursive: true });
        await blobs.copyTo(sha256, target, { flush: false });
        meter.advance(1);
      }),
    ),
  );
}

/** Whether a dataset lies there, and is the one that was packed. */
async function isWhole(path: string, { fingerprint }: PackedImages, signal: AbortSignal): Promise<boolean> {
  try {
    const dataset = await openDataset(path, { signal });
    try {
      return (await dataset.fingerprint(signal)) === fingerprint;
    } finally {
      await dataset.close();
    }
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function measure(stage: string, total: number, listener: ProgressListener): ProgressMeter {
  return new ProgressMeter({ stage, total, unit: 'files', clock: systemClock, listener });
}
