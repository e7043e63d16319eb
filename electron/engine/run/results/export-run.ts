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
import { EXPORTERS, type ExportFormat } from '../../export/index.ts';
import { openStore, saveExport, writeRunRecord } from '../../store/index.ts';
import { progressListener } from '../context/run-context.ts';
import { countExportImages, exportStudent } from './export-student.ts';
import { type FinishedRun, withFinishedRun } from './finished-run.ts';

/** Codes of what keeps the store from being written. */
const WRITE_FAILURES: ReadonlySet<string> = new Set(['output.unwritable', 'disk.full', 'disk.failed']);

export interface ExportOptions {
  readonly home: string;
  readonly run: string;
  readonly format: ExportFormat;
  readonly precision: (typeof PRECISIONS)[number];
  /** Path of the file to write. */
  readonly out: string;
  /** Limit for all decoded images in the home, bytes; null: 20 GB. */
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
      const result = await exportFinished(finished, { ...options, listener });
      recordExport(home, finished.id, result, listener);
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

async function exportFinished(
  { recipe, data, teacher, student, temperature }: FinishedRun,
  { format, precision, out, listener, signal }: ExportOptions & { listener: RunListener },
): Promise<ExportResult> {
  const context = { recipe, random: new Random(recipe.seed), clock: systemClock, listener, signal };
  const meter = new ProgressMeter({
    stage: 'export',
    total: countExportImages(data),
    unit: 'images',
    clock: systemClock,
    listener: progressListener(listener),
  });
  const onImages = (count: number) => meter.advance(count);
  const models = { student, teacher };
  return exportStudent(context, data, models, { format, precision, path: resolve(out), temperature, onImages });
}

/** Notes a file with its run. The file is good without the note: where the home cannot be written, a warning says that it is missing. */
function recordExport(home: string, run: RunId, file: ExportResult, listener: RunListener): void {
  try {
    const store = openStore(home);
    try {
      saveExport(store.db, run, file);
      writeRunRecord(store, run);
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof DecantError && WRITE_FAILURES.has(error.code))) throw error;
    listener({
      type: 'warning.raised',
      message: `${file.file} was written and verified, but not noted with its run: ${error.message}`,
    });
  }
}

/** A photo, say, is not to be overwritten because of a slip; and files are told apart by their names. */
function requireExtension(path: string, format: ExportFormat): void {
  const { extension } = EXPORTERS[format];
  if (path.toLowerCase().endsWith(extension)) return;
  throw new DecantError(
    'usage.invalid',
    `The name of ${path} does not end in ${extension}, as ${format} files must; give it that ending.`,
    { path, format },
  );
}
