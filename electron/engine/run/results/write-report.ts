import { writeFileAtomically } from '../../core/atomic-file.ts';
import { findRun, type ReadableStore } from '../../store/index.ts';
import { requireFinished } from '../book/require-finished.ts';
import { readResult } from './kept-results.ts';

/**
 * Copies a finished run's report to a file, whole or not at all.
 *
 * @throws DecantError `run.unknown`, `run.incomplete`, `results.damaged`, `output.unwritable`, `disk.full`
 */
export async function writeReport(
  store: ReadableStore,
  { run, kind, file }: { run: string; kind: 'html' | 'json'; file: string },
): Promise<void> {
  const record = findRun(store.db, run);
  requireFinished(store.db, record);
  await writeFileAtomically(file, await readResult(store, record.id, `report.${kind}`));
}
