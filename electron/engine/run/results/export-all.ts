import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { listExportFiles, nameExportFile } from '../../../../shared/run/export-files.ts';
import type { ExportAllResult } from '../../../../shared/run/results.ts';
import { describeWriteFailure } from '../../core/atomic-file.ts';
import { DecantError } from '../../core/errors.ts';
import { toFailure } from '../../core/tasks/failure.ts';
import type { ExportFormat, Precision } from '../../export/index.ts';
import { type RunToExport, withExports } from './export-run.ts';

export interface ExportAllOptions extends RunToExport {
  readonly formats: readonly ExportFormat[];
  /** Of each format those that it has. */
  readonly precisions: readonly Precision[];
  /** Path of the folder to write to, which is made where it is not there. */
  readonly folder: string;
  /** What the names of the files begin with; `student` by default. */
  readonly stem?: string;
}

/**
 * Writes a finished run's student in several formats and precisions, as `exportRun` writes one. A file that cannot be written
 * does not keep the others from it: the result says what became of each.
 *
 * @throws DecantError `usage.invalid` where no format has any of the precisions, `output.unwritable` for the folder,
 *   `run.unknown`, `run.resume`; the signal's reason, after which the files that are whole stay
 */
export async function exportAll(options: ExportAllOptions): Promise<ExportAllResult> {
  const { run, formats, precisions, stem = 'student', signal } = options;
  const targets = listExportFiles({ formats, precisions });
  if (targets.length === 0)
    throw new DecantError(
      'usage.invalid',
      `No ${formats.join(' or ')} file can be written in ${precisions.join(' or ')}; choose another precision.`,
    );
  const folder = resolve(options.folder);
  const files: ExportAllResult['files'] = [];
  await withExports(options, targets.length, async (write) => {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw describeWriteFailure(folder, error);
    });
    for (const { format, precision } of targets) {
      const path = join(folder, nameExportFile(stem, format, precision));
      try {
        files.push({ format, precision, result: await write({ format, precision, path }), failure: null });
      } catch (error) {
        signal.throwIfAborted();
        const { code, message } = toFailure(error);
        files.push({ format, precision, result: null, failure: { code, message } });
      }
    }
  });
  return { run, folder, files };
}
