import { cleanText } from '../text/clean.ts';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatPlural,
  formatShare,
  formatSignedShare,
} from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { describeGroups } from './class-groups.ts';
import { describeDistillation } from './distillation-effect.ts';
import { describeVerification } from './export-files.ts';
import type { ExportReport, Report } from './report.ts';
import { listComparisonRows } from './report-rows.ts';
import { ROLE_NAMES, ROLES } from './roles.ts';
import { judge } from './verdict.ts';
import { computeWilsonInterval } from './wilson-interval.ts';

/** Formats a report as plain text for a terminal: the comparison, what it means, and how it was measured. */
export function formatReport(report: Report): string {
  const { dataset, student, retention, reduction, timing, backend } = report;
  const { train, validation, test, unlabelled } = dataset.images;
  const rows = listComparisonRows(report).map((row) => [
    row.title,
    ...ROLE_NAMES.map((role) => row[role]),
    row.difference,
  ]);
  const verdict = judge(report);
  const table = formatTable(
    [
      { title: '' },
      ...ROLE_NAMES.map((role) => ({ title: ROLES[role].title, align: 'right' as const })),
      { title: 'Difference' },
    ],
    rows,
  );
  const [low, high] = computeWilsonInterval(Math.round((student.top1 ?? 0) * test), test);
  return [
    `${cleanText(dataset.name)}: ${formatPlural(dataset.classes.length, 'class', 'classes')}, ${formatNumber(train, 15)} training, ${formatNumber(validation, 15)} validation and ${formatNumber(test, 15)} test images${unlabelled > 0 ? `, ${formatNumber(unlabelled, 15)} without labels` : ''}`,
    '',
    table,
    '',
    `Verdict     ${verdict.title}. ${cleanText(verdict.reasons.join(' '))}`,
    `Retention   ${verdict.meaningful ? `${formatShare(retention.vsTeacher)} of the teacher's top-1` : 'not meaningful with this teacher'}${retention.vsBaseline === null ? '' : `, ${formatShare(retention.vsBaseline)} of the full student's`}; the compressed student's top-1 is between ${formatShare(low)} and ${formatShare(high)} (95 % confidence)`,
    `FLOPs       ${formatSignedShare(-reduction.flopsVsBaseline)} vs full student, ${formatSignedShare(-reduction.flopsVsTeacher)} vs teacher`,
    ...listTeaching(report),
    `Latency     ${student.runtime}; the networks took turns`,
    `Run         ${report.run}, seed ${report.seed}, on ${cleanText(backend.name)} (${formatPlural(backend.threads, 'thread')}), ${formatDuration(timing.totalMs)}, peak memory ${formatBytes(report.peakMemoryBytes)}`,
    ...report.notes.map((note) => `Note        ${cleanText(note)}`),
    ...report.exports.map(
      (file) =>
        `Exported    ${cleanText(file.file)} (${file.format} ${file.precision}, ${formatBytes(file.bytes)}): ${formatExportTop1(file)}; ${formatExportCheck(file)}`,
    ),
  ].join('\n');
}

/** "81.2 % top-1 (balanced 80.1 %, head 90.0 %, …)". */
export function formatExportTop1({ top1, groups }: Pick<ExportReport, 'top1' | 'groups'>): string {
  const parts = describeGroups(groups);
  return `${formatShare(top1)} top-1${parts && ` (${parts})`}`;
}

/** "verified by LiteRT 2.4 on 256 test images: its logits differ from Decant's own by at most 0.01 (range 20.1)". */
export function formatExportCheck(file: ExportReport): string {
  const verified = cleanText(describeVerification(file, formatPlural(file.images, 'test image')));
  return `${verified}: its logits differ from Decant's own by at most ${file.maxAbsDifference.toPrecision(2)} (range ${file.logitsRange.toPrecision(3)})`;
}

/** What the teacher added, where the run tells. */
function listTeaching(report: Report): string[] {
  const effect = describeDistillation(report);
  if (!effect) return [];
  const { sentence, advice, basis } = effect;
  return [`Teacher     ${[sentence, advice, basis].filter((part) => part !== null).join(' ')}`];
}
