import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunListener } from '../../../../shared/run/events.ts';
import type { PRECISIONS } from '../../../../shared/run/recipe.ts';
import type { ExportResult } from '../../../../shared/run/results.ts';
import { type BackendName, startCompute, stopCompute } from '../../compute/index.ts';
import { systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { Random } from '../../core/random.ts';
import type { Batch } from '../../data/index.ts';
import { EXPORTERS, type ExportFormat, evaluateExport, exportModel, timeExport } from '../../export/index.ts';
import { openStore, saveExport } from '../../store/index.ts';
import { evaluationBatches, spread, untilStopped } from '../context/batches.ts';
import { progressListener } from '../context/run-context.ts';
import { chooseIntegers } from './choose-integers.ts';
import { type FinishedRun, withFinishedRun } from './finished-run.ts';
import { COMPARED_IMAGES } from './measure-models.ts';

export interface ExportOptions {
  readonly home: string;
  readonly run: string;
  readonly format: ExportFormat;
  readonly precision: (typeof PRECISIONS)[number];
  /** Path of the file to write. */
  readonly out: string;
  /** What all decoded images of the home may take, bytes; null: 20 GB. */
  readonly cacheLimitBytes?: number | null;
  /** What computes our own forward pass; `auto` by default. */
  readonly backend?: 'auto' | BackendName;
  /** Threads of the CPU back end; null: as many as there are cores. */
  readonly threads?: number | null;
  readonly listener?: RunListener;
  readonly signal: AbortSignal;
}

/**
 * Writes a finished run's student as a file for another runtime, once it has been compared there with our own forward
 * pass on the run's test images, and notes it in the store.
 *
 * @throws DecantError `usage.invalid` for a precision that the format has not, or a name that is not of the format, `run.unknown`, `run.resume` when the run's images have changed, `export.mismatch`, `output.unwritable`
 */
export async function exportRun(options: ExportOptions): Promise<ExportResult> {
  requireExtension(options.out, options.format);
  const { home, out, listener = () => undefined } = options;
  const isNew = !existsSync(out);
  return withFinishedRun({ ...options, listener }, async (finished) => {
    try {
      await startCompute({ backend: options.backend ?? 'auto', threads: options.threads ?? undefined });
      const result = await exportStudent(finished, { ...options, listener });
      recordExport(home, finished.id, result);
      return result;
    } catch (error) {
      // One that was only half judged is not left behind.
      if (isNew) for (const path of [out, `${out}.html`]) await rm(path, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await stopCompute();
    }
  });
}

async function exportStudent(
  { recipe, data, teacher, student }: FinishedRun,
  { format, precision, out, listener, signal }: ExportOptions & { listener: RunListener },
): Promise<ExportResult> {
  const random = new Random(recipe.seed);
  const context = { recipe, random, clock: systemClock, listener, signal };
  const { test } = data.splits;
  const compared = spread(test, COMPARED_IMAGES);
  const meter = new ProgressMeter({
    stage: 'export',
    total: compared.length + test.length,
    unit: 'images',
    clock: systemClock,
    listener: progressListener(listener),
  });
  const readImages = (indices: Int32Array) =>
    meterImages(untilStopped(evaluationBatches(context, data, indices), { signal }), meter);
  const file = await exportModel({
    format,
    path: out,
    request: { ...student, classes: data.classes, precision },
    batches: readImages(compared),
    integers: () => chooseIntegers(context, data, { student, teacher }),
  });
  const { caveat } = file.verification;
  if (caveat !== null) listener({ type: 'warning.raised', message: caveat });
  const exporter = EXPORTERS[format];
  const { top1 } = await evaluateExport({ exporter, bytes: file.bytes, batches: readImages(test) });
  const { latencyRuns: runs, latencyThreads: threads } = recipe.measure;
  const latency = await timeExport({ exporter, bytes: file.bytes, runs, threads, signal });
  return {
    format,
    precision: file.precision,
    file: resolve(out),
    bytes: file.sizeBytes,
    sha256: file.sha256,
    maxAbsDifference: file.verification.maxAbsDifference,
    logitsRange: file.verification.range,
    images: file.verification.images,
    top1,
    ...latency,
  };
}

/** The same batches; whenever the next one is asked for, the one before is done. */
async function* meterImages(images: AsyncIterable<Batch>, meter: ProgressMeter): AsyncGenerator<Batch, void, void> {
  for await (const batch of images) {
    yield batch;
    meter.advance(batch.size);
  }
}

function recordExport(home: string, run: RunId, { runtime: _, ...file }: ExportResult): void {
  const store = openStore(home);
  try {
    saveExport(store.db, run, file);
  } finally {
    store.close();
  }
}

/** A photo, say, is not to be overwritten because of a slip; and files are told apart by their names. */
function requireExtension(path: string, format: ExportFormat): void {
  const { extension } = EXPORTERS[format];
  if (path.toLowerCase().endsWith(extension)) return;
  throw new DecantError(
    'usage.invalid',
    `The file is to be called ${path}, but the names of ${format} files end in ${extension}; give it that ending.`,
    { path, format },
  );
}
