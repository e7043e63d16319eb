import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunListener } from '../../../../shared/run/events.ts';
import type { ExportResult } from '../../../../shared/run/results.ts';
import { type BackendName, startCompute, stopCompute } from '../../compute/index.ts';
import { systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { Random } from '../../core/random.ts';
import { EXPORTERS, type ExportFormat, type Precision } from '../../export/index.ts';
import type { Quantization } from '../../quantize/index.ts';
import { openStore, saveExport, writeRunRecord } from '../../store/index.ts';
import { progressListener } from '../context/run-context.ts';
import { chooseIntegers } from './choose-integers.ts';
import { countExportImages, exportStudent } from './export-student.ts';
import { withFinishedRun } from './finished-run.ts';

/** Codes of what keeps the store from being written. */
const WRITE_FAILURES: ReadonlySet<string> = new Set(['output.unwritable', 'disk.full', 'disk.failed']);

/** A finished run, and what its student is exported with. */
export interface RunToExport {
  readonly home: string;
  readonly run: string;
  /** Limit for all decoded images in the home, bytes; null: 20 GB. */
  readonly cacheLimitBytes?: number | null;
  /** What computes our own forward pass; `auto` by default. */
  readonly backend?: 'auto' | BackendName;
  /** Threads of the CPU back end; null: as many as there are cores. */
  readonly threads?: number | null;
  readonly listener?: RunListener;
  readonly signal: AbortSignal;
}

export interface ExportOptions extends RunToExport {
  readonly format: ExportFormat;
  readonly precision: Precision;
  /** Path of the file to write. */
  readonly out: string;
}

/**
 * Writes a finished run's student as a file for another runtime, once it has been compared there with our own forward
 * pass on the run's test images, and notes it in the store.
 *
 * @throws DecantError `usage.invalid` for a precision that the format has not, or a name that is not of the format, `run.unknown`, `run.resume` when the run's images have changed, `export.mismatch`, `output.unwritable`
 */
export async function exportRun(options: ExportOptions): Promise<ExportResult> {
  const { format, precision, out } = options;
  requireExtension(out, format);
  return withExports(options, 1, (write) => write({ format, precision, path: resolve(out) }));
}

/** One file of several. */
export interface ExportTarget {
  readonly format: ExportFormat;
  readonly precision: Precision;
  /** Absolute. */
  readonly path: string;
}

/**
 * Opens a finished run to write files of its student, one after the other. 8-bit integers are chosen once for all of them.
 *
 * @param count of the files, for the progress
 * @throws DecantError as `exportRun`; `write` throws what befell its file, of which nothing is left behind
 */
export async function withExports<T>(
  options: RunToExport,
  count: number,
  work: (write: (target: ExportTarget) => Promise<ExportResult>) => Promise<T>,
): Promise<T> {
  const { home, signal, listener = () => undefined } = options;
  return withFinishedRun({ ...options, listener }, async (finished) => {
    const { recipe, data, teacher, student, temperature } = finished;
    const context = { recipe, random: new Random(recipe.seed), clock: systemClock, listener, signal };
    const models = { student, teacher };
    const images = countExportImages(data);
    const progress = progressListener(listener);
    const told = { stage: 'export' };
    const meter = new ProgressMeter({
      stage: 'export',
      total: count * images,
      unit: 'images',
      clock: systemClock,
      listener: (event) => progress({ ...event, ...told }),
    });
    let chosen: Promise<Quantization> | undefined;
    const write = async ({ format, precision, path }: ExportTarget): Promise<ExportResult> => {
      const isNew = !existsSync(path);
      let left = images;
      const onImages = (done: number) => {
        left -= done;
        meter.advance(done);
      };
      // Of several, each is named.
      if (count > 1) told.stage = `export ${format} ${precision}`;
      meter.advance(0);
      try {
        const integers = () => (chosen ??= chooseIntegers(context, data, models));
        const how = { format, precision, path, temperature, integers, onImages };
        const result = await exportStudent(context, data, models, how);
        recordExport(home, finished.id, result, listener);
        return result;
      } catch (error) {
        // One that was only half judged is not left behind.
        if (isNew) for (const each of [path, `${path}.html`]) await rm(each, { force: true }).catch(() => undefined);
        throw error;
      } finally {
        meter.advance(left);
      }
    };
    try {
      await startCompute({ backend: options.backend ?? 'auto', threads: options.threads ?? undefined });
      return await work(write);
    } finally {
      await stopCompute();
    }
  });
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
