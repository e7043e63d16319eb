import { cleanText } from '../text/clean.ts';
import { formatBytes, formatCount, formatMilliseconds, formatPlural, formatShare } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { nameArchitecture } from './architectures.ts';
import { formatPhones } from './phone-text.ts';
import type { ExportReport } from './report.ts';
import { formatExportCheck, formatExportTop1, formatReport } from './report-text.ts';
import type { EvaluationResult, ExportAllResult, ExportResult, RunDetail, RunSummary } from './results.ts';
import { ROLES } from './roles.ts';
import { computeWilsonInterval } from './wilson-interval.ts';

/** Formats all runs as a table. */
export function formatRuns(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'No runs yet. Start one with "decant compress <dataset>".';
  return formatTable(
    [
      { title: 'Run' },
      { title: 'Dataset' },
      { title: 'State' },
      { title: 'Started (UTC)' },
      { title: 'Student', align: 'right' },
      { title: 'Teacher', align: 'right' },
      { title: 'FLOPs saved', align: 'right' },
    ],
    runs.map((run) => [
      run.id,
      run.dataset,
      run.state === 'finished' || run.stage === null ? run.state : `${run.state} in ${run.stage}`,
      run.createdAt.slice(0, 16).replace('T', ' '),
      formatShare(run.studentTop1),
      formatShare(run.teacherTop1),
      formatShare(run.flopsReduction),
    ]),
  );
}

/** Formats one run: its report or, without one, how far it got and how to resume it. */
export function formatRun(run: RunDetail): string {
  const head = formatTable(
    [{ title: '' }, { title: '' }],
    [
      ['Run', run.id],
      ['State', run.stage === null || run.state === 'finished' ? run.state : `${run.state} in ${run.stage}`],
      ['Dataset', run.datasetPath],
      ['Started', run.createdAt],
      ['Files', run.folder],
      ...(run.failure === null ? [] : [['Failure', run.failure]]),
    ],
  );
  const files = run.exports.map((file) => `  ${cleanText(describeFile(file))}`);
  const parts = [head, ...(run.report ? [formatReport(run.report)] : run.models.length > 0 ? [formatModels(run)] : [])];
  if (files.length > 0) parts.push(['Exported files', ...files].join('\n'));
  if (run.phones.length > 0) parts.push(formatPhones(run.phones));
  if (run.state === 'finished') return parts.join('\n\n');
  if (run.state !== 'running') parts.push(`Resume with: decant compress --resume ${run.id}`);
  return parts.join('\n\n');
}

/** For runs whose report is from another version and cannot be read. */
function formatModels({ models }: RunDetail): string {
  return formatTable(
    [
      { title: 'Network' },
      { title: 'Architecture' },
      { title: 'Parameters', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'Top-1', align: 'right' },
    ],
    models.map(({ role, architecture, parameters, macs, top1 }) => [
      ROLES[role].phrase,
      nameArchitecture(architecture),
      formatCount(parameters),
      formatCount(macs),
      formatShare(top1),
    ]),
  );
}

function describeFile({ file, format, precision, bytes, top1, groups }: ExportReport): string {
  return `${file}: ${format} ${precision}, ${formatBytes(bytes)}, ${formatExportTop1({ top1, groups })}`;
}

/** Formats the accuracy of one network on one dataset. */
export function formatEvaluation(result: EvaluationResult): string {
  const [low, high] = computeWilsonInterval(Math.round(result.top1 * result.images), result.images);
  const classes = [...result.perClass].sort((a, b) => (a.top1 ?? 2) - (b.top1 ?? 2));
  return [
    `${cleanText(result.target)} (${cleanText(nameArchitecture(result.architecture))}) on ${cleanText(result.dataset)}, ${result.split} split, ${formatPlural(result.images, 'image')}, in ${result.runtime}`,
    `Top-1 ${formatShare(result.top1)} (95 % confidence: ${formatShare(low)} to ${formatShare(high)}), top-5 ${formatShare(result.top5)}`,
    '',
    formatTable(
      [{ title: 'Class' }, { title: 'Images', align: 'right' }, { title: 'Top-1', align: 'right' }],
      classes.map((row) => [row.name, String(row.images), formatShare(row.top1)]),
    ),
  ].join('\n');
}

/** Says what became of each file of several. */
export function formatExports(results: readonly ExportAllResult[]): string {
  return results
    .map(({ run, folder, files }) => {
      const lines = files.map(({ format, precision, result, failure }) =>
        result ? formatExport(result) : `${format} ${precision} was not written: ${cleanText(failure?.message ?? '')}`,
      );
      const written = files.filter(({ result }) => result !== null).length;
      return [
        ...lines,
        `${run}: ${written} of ${formatPlural(files.length, 'file')} written to ${cleanText(folder)}`,
      ].join('\n');
    })
    .join('\n\n');
}

/** Says what was exported and how close it is to the network. */
export function formatExport(result: ExportResult): string {
  const { file, format, precision, bytes, latencyMs, runtime } = result;
  const facts = [
    `${format} ${precision}`,
    formatBytes(bytes),
    formatExportTop1(result),
    ...(latencyMs === null ? [] : [`${formatMilliseconds(latencyMs.p50)} per image in ${cleanText(runtime)}`]),
  ];
  return `${cleanText(file)}: ${facts.join(', ')}; ${formatExportCheck(result)}`;
}
