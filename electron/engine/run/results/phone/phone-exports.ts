import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { EXPORT_FILES, type ExportFormat, findFormat } from '../../../../../shared/run/export-files.ts';
import { PRECISIONS } from '../../../../../shared/run/recipe.ts';
import { findRun, type ReadableStore, selectExports } from '../../../store/index.ts';
import { requireFinished } from '../../book/require-finished.ts';
import { resultsFolder } from '../../book/runs.ts';

/** An exported file of a run. */
export interface PhoneExport {
  readonly format: ExportFormat;
  readonly precision: string;
  /** Without its folder. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Why a phone's browser cannot measure it, one sentence; null: it can. */
  readonly problem: string | null;
}

/**
 * The exported files of a finished run, in the order of formats.
 *
 * @throws DecantError `run.unknown`, `run.incomplete`
 */
export function listPhoneExports(store: ReadableStore, run: string): PhoneExport[] {
  const record = findRun(store.db, run);
  requireFinished(store.db, record);
  return selectExports(store.db, record.id)
    .flatMap(({ format, precision, file, bytes, sha256 }) => {
      if (findFormat(format) === undefined) return []; // Of another version.
      const path = resolve(resultsFolder(store, record.id), file);
      const own = format as ExportFormat; // It was just found.
      return { format: own, precision, name: basename(path), path, bytes, sha256, problem: findProblem(own, path) };
    })
    .sort((a, b) => order(a) - order(b));
}

const FORMATS = Object.keys(EXPORT_FILES);
const order = ({ format, precision }: { format: string; precision: string }): number =>
  FORMATS.indexOf(format) * PRECISIONS.length + (PRECISIONS as readonly string[]).indexOf(precision);

function findProblem(format: ExportFormat, path: string): string | null {
  if (EXPORT_FILES[format].foreign !== null) return `No browser runs ${EXPORT_FILES[format].title} files.`;
  return existsSync(path) ? null : 'The file is no longer there. Export it again.';
}
