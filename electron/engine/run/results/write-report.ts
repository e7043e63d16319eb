import { writeFileAtomically } from '../../core/atomic-file.ts';
import { findRun, type ReadableStore, readReport, selectPhones } from '../../store/index.ts';
import { requireFinished } from '../book/require-finished.ts';
import { readResult } from './kept-results.ts';
import { renderReportHtml } from './report-html.ts';

/**
 * Copies a finished run's report to a file, whole or not at all. As HTML, it also tells what phones measured since.
 *
 * @throws DecantError `run.unknown`, `run.incomplete`, `results.damaged`, `output.unwritable`, `disk.full`
 */
export async function writeReport(
  store: ReadableStore,
  { run, kind, file }: { run: string; kind: 'html' | 'json'; file: string },
): Promise<void> {
  const record = findRun(store.db, run);
  requireFinished(store.db, record);
  const phones = kind === 'html' ? selectPhones(store.db, record.id) : [];
  const report = phones.length > 0 ? readReport(store.db, record.id) : null;
  const content = report ? renderReportHtml(report, phones) : await readResult(store, record.id, `report.${kind}`);
  await writeFileAtomically(file, content);
}
