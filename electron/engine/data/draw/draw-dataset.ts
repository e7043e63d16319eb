import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { describeWriteFailure } from '../../core/atomic-file.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import { isProcessAlive } from '../../core/process.ts';
import { type ProgressListener, ProgressMeter } from '../../core/progress.ts';
import { Random } from '../../core/random.ts';
import { drawPicture } from './draw-picture.ts';
import { DRAWN_CLASSES } from './drawn-classes.ts';

/** Raise it when the same settings draw other pictures. */
export const DRAWING_VERSION = 3;
const MARKER = '.drawn-by-decant.json';
const PARALLEL = 4;

export interface DrawOptions {
  /** 2 to 24. */
  classes?: number;
  trainPerClass: number;
  testPerClass: number;
  /** Height and width, pixels. */
  size: number;
  seed: number;
  listener?: ProgressListener;
  signal?: AbortSignal;
  clock?: Clock;
}

/**
 * Draws a dataset of labelled pictures, `train/<class>/*.png` and `test/<class>/*.png`: the same settings, the same
 * pictures, everywhere. The folder appears when it is complete; one drawn before with the same settings is kept as it is.
 *
 * @throws DecantError `output.unwritable` when the folder holds anything else or cannot be written, `disk.full`; the
 * signal's reason when it is aborted
 */
export async function drawDataset(
  folder: string,
  { classes = 10, trainPerClass, testPerClass, size, seed, listener, signal, clock = systemClock }: DrawOptions,
): Promise<void> {
  if (!(Number.isInteger(classes) && classes >= 2 && classes <= DRAWN_CLASSES.length))
    throw new RangeError(`classes is ${classes}; from 2 to ${DRAWN_CLASSES.length} can be drawn`);
  const target = resolve(folder);
  const settings = JSON.stringify({ version: DRAWING_VERSION, classes, trainPerClass, testPerClass, size, seed });
  if (await isDrawn(target, settings)) return;
  const meter = new ProgressMeter({
    stage: 'draw',
    total: classes * (trainPerClass + testPerClass),
    unit: 'pictures',
    clock,
    listener: listener ?? (() => undefined),
  });
  const prefix = `.${basename(target).slice(0, 120)}.drawing-`;
  const temporary = join(dirname(target), `${prefix}${process.pid}`);
  try {
    await rm(temporary, { recursive: true, force: true });
    await removeAbandoned(dirname(target), prefix);
    for (const job of listPictures(classes, { train: trainPerClass, test: testPerClass }, PARALLEL)) {
      signal?.throwIfAborted();
      await Promise.all(
        job.map(async ({ split, drawnClass, number }) => {
          const path = join(temporary, split, drawnClass.name, `${String(number).padStart(5, '0')}.png`);
          if (number === 0) await mkdir(dirname(path), { recursive: true });
          const pixels = drawPicture(drawnClass, size, new Random(seed).fork('draw', split, drawnClass.name, number));
          await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
            .png({ compressionLevel: 6 })
            .toFile(path);
        }),
      );
      meter.advance(job.length);
    }
    await writeFile(join(temporary, MARKER), settings);
    await rename(temporary, target);
  } catch (error) {
    if (signal?.aborted || error instanceof DecantError) throw error;
    throw describeWriteFailure(target, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes what killed processes left of the same drawing. */
async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith(prefix) && !isProcessAlive(Number(name.slice(prefix.length))))
      await rm(join(folder, name), { recursive: true, force: true });
}

/** Pictures in parcels that never mix folders, so that the first of a folder can make it. */
function* listPictures(classes: number, counts: { train: number; test: number }, parcel: number) {
  for (const split of ['train', 'test'] as const)
    for (const drawnClass of DRAWN_CLASSES.slice(0, classes)) {
      yield* [[{ split, drawnClass, number: 0 }]].slice(0, counts[split]);
      for (let first = 1; first < counts[split]; first += parcel)
        yield Array.from({ length: Math.min(parcel, counts[split] - first) }, (_, i) => ({
          split,
          drawnClass,
          number: first + i,
        }));
    }
}

/** @throws DecantError `output.unwritable` when the folder holds something else */
async function isDrawn(folder: string, settings: string): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // Errors of node:fs carry a code.
    throw describeWriteFailure(folder, error);
  }
  if (names.length === 0) return false;
  if (names.includes(MARKER) && (await readFile(join(folder, MARKER), 'utf8')) === settings) return true;
  throw new DecantError('output.unwritable', `${folder} contains other files; choose an empty folder, or remove it.`, {
    path: folder,
  });
}
