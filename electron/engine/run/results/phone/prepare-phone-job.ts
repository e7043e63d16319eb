import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RunListener } from '../../../../../shared/run/events.ts';
import { MOST_PHONE_IMAGES, MOST_PIXEL_BYTES, PHONE_TIMING } from '../../../../../shared/run/phone-measurement.ts';
import { namePhoneFile } from '../../../../../shared/run/phone-text.ts';
import { systemClock } from '../../../core/clock.ts';
import { DecantError } from '../../../core/errors.ts';
import { ProgressMeter } from '../../../core/progress.ts';
import { Random } from '../../../core/random.ts';
import { restorePixels } from '../../../data/index.ts';
import { EXPORTERS } from '../../../export/index.ts';
import { findRun, findRunRow, openStoreForReading } from '../../../store/index.ts';
import { openRun } from '../../book/runs.ts';
import { evaluationBatches, spread, untilStopped } from '../../context/batches.ts';
import { progressListener } from '../../context/run-context.ts';
import { withFinishedRun } from '../finished-run.ts';
import { listPhoneExports, type PhoneExport } from './phone-exports.ts';
import type { PhoneFile, PhoneFileChoice, PhoneJob } from './phone-job.ts';
import { splitIntoParts } from './split-into-parts.ts';

export interface PhoneJobOptions {
  readonly home: string;
  readonly run: string;
  /** The files to measure; null: all that a browser runs. */
  readonly exports: readonly PhoneFileChoice[] | null;
  /** Of all, only those of a format or precision. */
  readonly only?: { readonly format: string | null; readonly precision: string | null };
  /** Limit for all decoded images in the home, bytes; null: 20 GB. */
  readonly cacheLimitBytes?: number | null;
  readonly listener?: RunListener;
  readonly signal: AbortSignal;
}

/** Images that this computer classifies at once. */
const AT_ONCE = 64;

/**
 * Prepares what a phone measures: exported files of a finished run, test images as their input, and what this computer says
 * of these with the same files.
 *
 * @throws DecantError `usage.invalid` where there is nothing to measure, `model.unreadable` for a file that has changed,
 *   `run.unknown`, `run.incomplete`, `run.resume` when the run's images have changed; the signal's reason
 */
export async function preparePhoneJob(options: PhoneJobOptions): Promise<PhoneJob> {
  const { home, run, signal, listener = () => undefined } = options;
  const { title, chosen } = chooseFiles(options);
  return withFinishedRun({ ...options, listener }, async ({ id, recipe, data }) => {
    const { inputSize } = recipe.data;
    const imageBytes = inputSize * inputSize * 3;
    const limit = Math.max(1, Math.min(MOST_PHONE_IMAGES, Math.floor(MOST_PIXEL_BYTES / imageBytes)));
    const indices = spread(data.splits.test, limit);
    if (indices.length === 0) throw new DecantError('run.incomplete', `Run ${run} has no test images.`, { run, home });
    const pixels = new Uint8Array(indices.length * imageBytes);
    let filled = 0;
    const context = { random: new Random(recipe.seed) };
    for await (const { images } of untilStopped(evaluationBatches(context, data, indices), { signal })) {
      pixels.set(restorePixels(images), filled);
      filled += images.length;
    }
    const meter = new ProgressMeter({
      stage: 'phone',
      total: chosen.length * indices.length,
      unit: 'images',
      clock: systemClock,
      listener: progressListener(listener),
    });
    meter.advance(0);
    const files: PhoneFile[] = [];
    for (const file of chosen)
      files.push(await prepareFile(file, { pixels, imageBytes, signal, onImages: (done) => meter.advance(done) }));
    return {
      run: id,
      title,
      inputSize,
      classes: data.classes.length,
      timing: PHONE_TIMING,
      files,
      pixels,
      labels: indices.map((index) => data.cache.labels[index]!),
    };
  });
}

function chooseFiles({ home, run, exports, only }: PhoneJobOptions): { title: string; chosen: PhoneExport[] } {
  openRun(home, run).store.close(); // Says what is wrong where there is no such run.
  const store = openStoreForReading(home)!; // It was just there.
  try {
    const known = listPhoneExports(store, run);
    const title = findRunRow(store.db, { running: [], paused: [] }, findRun(store.db, run).id)?.name ?? run;
    const usable = known.filter(
      ({ problem, format, precision }) =>
        problem === null && (only?.format ?? format) === format && (only?.precision ?? precision) === precision,
    );
    const chosen = (exports ?? usable).map((wanted) => {
      const found = known.find(({ format, precision }) => format === wanted.format && precision === wanted.precision);
      if (!found || found.problem !== null)
        throw new DecantError(
          'usage.invalid',
          `${namePhoneFile(wanted)} cannot be measured on a phone: ${found?.problem ?? 'this run has not been exported so. Export it first.'}`,
          { run, ...wanted },
        );
      return found;
    });
    if (chosen.length > 0) return { title, chosen };
    throw new DecantError(
      'usage.invalid',
      `Run ${run} has no such exported file that a phone’s browser runs; export it as TFLite, ONNX or TF.js first.`,
      { run },
    );
  } finally {
    store.close();
  }
}

async function prepareFile(
  { format, precision, name, path, sha256 }: PhoneExport,
  images: { pixels: Uint8Array; imageBytes: number; signal: AbortSignal; onImages: (count: number) => void },
): Promise<PhoneFile> {
  const bytes = await readFile(path);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new DecantError('model.unreadable', `${path} has changed since it was exported; export it again.`, { path });
  const guesses = await classify(EXPORTERS[format], bytes, images);
  return { format, precision, name, bytes: bytes.length, sha256, parts: splitIntoParts(format, name, bytes), guesses };
}

/** The best guess for each image. */
async function classify(
  exporter: (typeof EXPORTERS)[keyof typeof EXPORTERS],
  bytes: Uint8Array,
  {
    pixels,
    imageBytes,
    signal,
    onImages,
  }: { pixels: Uint8Array; imageBytes: number; signal: AbortSignal; onImages: (count: number) => void },
): Promise<Int32Array> {
  const file = await exporter.open(bytes);
  try {
    const guesses = new Int32Array(pixels.length / imageBytes);
    for (let first = 0; first < guesses.length; first += AT_ONCE) {
      signal.throwIfAborted();
      const size = Math.min(AT_ONCE, guesses.length - first);
      const logits = await file.run(pixels.slice(first * imageBytes, (first + size) * imageBytes), size);
      const classes = logits.length / size;
      for (let i = 0; i < size; i++) {
        const row = logits.subarray(i * classes, (i + 1) * classes);
        guesses[first + i] = row.indexOf(row.reduce((best, value) => Math.max(best, value)));
      }
      onImages(size);
    }
    return guesses;
  } finally {
    await file.close();
  }
}
