import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../core/atomic-file.ts';
import { DecantError } from '../../core/errors.ts';
import { findRun, type ReadableStore } from '../../store/index.ts';
import { requireFinished } from '../book/require-finished.ts';
import { resultsFolder } from '../book/runs.ts';

/**
 * Copies a finished run's report to a file, whole or not at all.
 *
 * @throws DecantError `run.unknown`, `run.incomplete`, `output.unwritable`, `disk.full`
 */
export async function writeReport(
  store: ReadableStore,
  { run, kind, file }: { run: string; kind: 'html' | 'json'; file: string },
): Promise<void> {
  const record = findRun(store.db, run);
  requireFinished(store.db, record);
  const path = join(resultsFolder(store, record.id), `report.${kind}`);
  const content = await readFile(path).catch((cause: unknown) => {
    const message = `The report of run ${run} is no longer at ${path}; restore it from a backup or run it again.`;
    throw new DecantError('run.incomplete', message, { run, path }, { cause });
  });
  await writeFileAtomically(file, content);
}
