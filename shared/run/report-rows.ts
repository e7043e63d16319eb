import {
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatNumber,
  formatPoints,
  formatShare,
  formatSignedShare,
} from '../text/format.ts';
import { nameArchitecture } from './architectures.ts';
import { listConfidenceRows } from './confidence-rows.ts';
import { listGroupAccuracies } from './group-accuracies.ts';
import type { ModelReport, Report } from './report.ts';
import { mapRoles, type Role } from './roles.ts';

/** One row of the comparison: a figure for the teacher, the full student and the compressed student, and the difference. */
export interface ComparisonRow extends Record<Role, string> {
  title: string;
  difference: string;
}

/** Lists the rows of the comparison that every view of a report shows. */
export function listComparisonRows(report: Report): ComparisonRow[] {
  const { teacher, baseline, student, dataset } = report;
  const row = (title: string, read: (model: ModelReport) => string, difference = ''): ComparisonRow => ({
    title,
    teacher: read(teacher),
    baseline: read(baseline),
    student: read(student),
    difference,
  });
  const images = `test, ${formatNumber(dataset.images.test, 15)}`;
  const top5 = dataset.classes.length > 5;
  return [
    row('Architecture', (model) => nameArchitecture(model.architecture)),
    row(
      `Top-1 (${images})`,
      (model) => formatShare(model.top1),
      describeAccuracy(student.top1, teacher.top1, baseline.top1),
    ),
    ...listGroupAccuracies(report).map(({ title, ...top1 }) => ({
      title,
      ...mapRoles((role) => formatShare(top1[role])),
      difference: describeAccuracy(top1.student, top1.teacher, top1.baseline),
    })),
    ...(top5 ? [row(`Top-5 (${images})`, (model) => formatShare(model.top5))] : []),
    ...listConfidenceRows(report),
    row(
      'FLOPs (2 · MACs)',
      (model) => formatCount(model.flops),
      `${formatSignedShare(student.flops / baseline.flops - 1)} vs full student`,
    ),
    row('MACs', (model) => formatCount(model.macs), `${formatSignedShare(student.macs / teacher.macs - 1)} vs teacher`),
    row(
      'Parameters',
      (model) => formatCount(model.parameters),
      `${formatSignedShare(student.parameters / baseline.parameters - 1)} vs full student`,
    ),
    row(
      'Size (fp32 ONNX)',
      (model) => formatBytes(model.bytes),
      `${formatSignedShare(student.bytes / baseline.bytes - 1)} vs full student`,
    ),
    row(
      'Latency p50',
      (model) => formatMilliseconds(model.latencyMs.p50),
      `${formatSignedShare(student.latencyMs.p50 / baseline.latencyMs.p50 - 1)} vs full student`,
    ),
    row('Latency p95', (model) => formatMilliseconds(model.latencyMs.p95)),
    ...listLatencyGoal(report),
    row(
      'FPS (batch 1)',
      (model) => formatNumber(model.fps, 3),
      `${formatNumber(student.fps / baseline.fps, 3)} × full student`,
    ),
  ];
}

/** The milliseconds that the student was to stay below, where there was such a bound. */
function listLatencyGoal({ latency }: Report): ComparisonRow[] {
  if (!latency) return [];
  const describe = ({ predictedMs, measuredMs }: typeof latency.student): string =>
    measuredMs === null
      ? `${formatMilliseconds(predictedMs)} predicted`
      : `${formatMilliseconds(measuredMs)} (${formatMilliseconds(predictedMs)} predicted)`;
  return [
    {
      title: `Latency by ${latency.table}`,
      teacher: '',
      baseline: describe(latency.baseline),
      student: describe(latency.student),
      difference: `limit ${formatMilliseconds(latency.boundMs)}`,
    },
  ];
}

function describeAccuracy(student: number | null, teacher: number | null, baseline: number | null): string {
  if (student === null) return '';
  const parts = [
    teacher === null ? '' : `${formatPoints(student - teacher)} vs teacher`,
    baseline === null ? '' : `${formatPoints(student - baseline)} vs full student`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
