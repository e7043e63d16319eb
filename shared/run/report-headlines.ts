import {
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatNumber,
  formatPlural,
  formatPoints,
  formatShare,
  formatSignedShare,
} from '../text/format.ts';
import { computeDifferenceInterval, countHits } from './difference-interval.ts';
import type { Report } from './report.ts';
import { judge } from './verdict.ts';

/** One of the numbers that show whether the compression was worth it. */
export interface Headline {
  title: string;
  /** The number, with its unit. */
  value: string;
  /** What the number is relative to, or its convention. */
  convention: string;
  /** From what to what. */
  change: string;
  /** How certain it is. */
  certainty: string;
}

/** Retention, FLOPs, size and FPS of the compressed student. */
export function listHeadlines(report: Report): Headline[] {
  const { retention, reduction, teacher, baseline, student, recipe } = report;
  const { meaningful } = judge(report);
  return [
    {
      title: 'Retention',
      value: meaningful ? formatShare(retention.vsTeacher) : '–',
      convention: meaningful ? 'of the teacher’s top-1' : 'tells nothing about this teacher',
      change: `${formatShare(teacher.top1)} → ${formatShare(student.top1)}`,
      certainty: describeGap(report),
    },
    {
      title: 'FLOPs',
      value: formatSignedShare(-reduction.flopsVsBaseline),
      convention: 'vs full student, per image',
      change: `${formatCount(baseline.flops)} → ${formatCount(student.flops)}`,
      certainty: `Exact, because counted. ${formatSignedShare(-reduction.flopsVsTeacher)} vs teacher.`,
    },
    {
      title: 'Size',
      value: formatBytes(student.bytes),
      convention: 'as fp32 ONNX',
      change: `${formatBytes(baseline.bytes)} → ${formatBytes(student.bytes)}`,
      certainty: `Exact file size. Teacher: ${formatBytes(teacher.bytes)}.`,
    },
    {
      title: 'FPS',
      value: formatNumber(student.fps, 3),
      convention: student.runtime,
      change: `${formatNumber(baseline.fps, 3)} → ${formatNumber(student.fps, 3)}`,
      certainty: `Latency of ${formatPlural(recipe.measure.latencyRuns, 'image')}, one at a time: p50 ${formatMilliseconds(student.latencyMs.p50)}, p95 ${formatMilliseconds(student.latencyMs.p95)}.`,
    },
  ];
}

/** Says what the test images show about the difference between compressed student and teacher. */
function describeGap({ teacher, student, dataset }: Report): string {
  const images = dataset.images.test;
  if (teacher.top1 === null || student.top1 === null || images === 0)
    return 'No test images, so the difference is unknown.';
  const [low, high] = computeDifferenceInterval(countHits(student.top1, images), countHits(teacher.top1, images));
  const verdict =
    high < 0
      ? 'The student is significantly worse'
      : low > 0
        ? 'The student is significantly better'
        : `No significant difference on ${formatPlural(images, 'test image')}`;
  return `${verdict}: between ${formatPoints(low)} and ${formatPoints(high)} (95 % confidence).`;
}
