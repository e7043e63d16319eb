/**
 * Exports a finished run's student in every format and precision, and prints what became of each as a table.
 *
 *     node bench/exports.ts --run ID --home DIR --out DIR
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXPORTERS, type ExportFormat } from '../electron/engine/export/index.ts';
import { exportRun } from '../electron/engine/run/export-run.ts';
import { PRECISIONS } from '../shared/run/recipe.ts';
import type { ExportResult } from '../shared/run/results.ts';
import { formatBytes, formatMilliseconds, formatShare } from '../shared/text/format.ts';
import { formatTable } from '../shared/text/table.ts';

const { values } = parseArgs({
  options: { run: { type: 'string' }, home: { type: 'string' }, out: { type: 'string' } },
});
const { run, home, out: folder } = values;
if (run === undefined || home === undefined || folder === undefined)
  throw new Error('Name a run and a place for its files: --run ID --home DIR --out DIR.');

const results: ExportResult[] = [];
for (const format of Object.keys(EXPORTERS) as ExportFormat[])
  for (const precision of PRECISIONS) {
    const out = join(folder, `student-${precision}${EXPORTERS[format].extension}`);
    results.push(await exportRun({ home, run, format, precision, out, signal: new AbortController().signal }));
    process.stderr.write(`${format} ${precision}\n`);
  }

const wholeOf = (format: string) =>
  results.find((result) => result.format === format && result.precision === PRECISIONS[0])!;
process.stdout.write(
  `${formatTable(
    [
      { title: 'Format' },
      { title: 'Size', align: 'right' },
      { title: 'smaller', align: 'right' },
      { title: 'top-1', align: 'right' },
      { title: 'difference / range', align: 'right' },
      { title: 'p50', align: 'right' },
      { title: 'p95', align: 'right' },
      { title: 'Runtime' },
    ],
    results.map((result) => [
      `${result.format} ${result.precision}`,
      formatBytes(result.bytes),
      `${(wholeOf(result.format).bytes / result.bytes).toFixed(2)} x`,
      formatShare(result.top1),
      (result.maxAbsDifference / result.logitsRange).toExponential(1),
      formatMilliseconds(result.latencyMs.p50),
      formatMilliseconds(result.latencyMs.p95),
      result.runtime,
    ]),
  )}\n`,
);
process.exit(0);
