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
import { computeDifferenceInterval } from './difference-interval.ts';
import type { Report } from './report.ts';

/** One of the numbers that answer "was it worth it". */
export interface Headline {
  title: string;
  /** The number, with its unit. */
  value: string;
  /** Of what, or by which convention. */
  convention: string;
  /** From what to what. */
  change: string;
  /** How sure it is, in words. */
  certainty: string;
}

/** Retention, FLOPs, size and FPS of the compressed student. */
export function listHeadlines(report: Report): Headline[] {
  const { retention, reduction, teacher, baseline, student, recipe } = report;
  return [
    {
      title: 'Retention',
      value: formatShare(retention.vsTeacher),
      convention: 'of the teacher’s top-1',
      change: `${formatShare(teacher.top1)} → ${formatShare(student.top1)}`,
      certainty: describeGap(report),
    },
    {
      title: 'FLOPs',
      value: formatSignedShare(-reduction.flopsVsBaseline),
      convention: 'of the full student, an image',
      change: `${formatCount(baseline.flops)} → ${formatCount(student.flops)}`,
      certainty: `Counted, not measured: exact. ${formatSignedShare(-reduction.flopsVsTeacher)} of the teacher’s.`,
    },
    {
      title: 'Size',
      value: formatBytes(student.bytes),
      convention: 'as fp32 ONNX',
      change: `${formatBytes(baseline.bytes)} → ${formatBytes(student.bytes)}`,
      certainty: `The file’s own size: exact. The teacher’s is ${formatBytes(teacher.bytes)}.`,
    },
    {
      title: 'FPS',
      value: formatNumber(student.fps, 3),
      convention: student.runtime,
      change: `${formatNumber(baseline.fps, 3)} → ${formatNumber(student.fps, 3)}`,
      certainty: `Of ${formatPlural(recipe.measure.latencyRuns, 'image')} one by one, half took under ${formatMilliseconds(student.latencyMs.p50)} and 95 % under ${formatMilliseconds(student.latencyMs.p95)}.`,
    },
  ];
}

/** What the test images can tell of the gap between compressed student and teacher. */
function describeGap({ teacher, student, dataset }: Report): string {
  const images = dataset.images.test;
  if (teacher.top1 === null || student.top1 === null || images === 0) return 'No test images, so nothing is known.';
  const hits = (share: number): { hits: number; count: number } => ({
    hits: Math.round(share * images),
    count: images,
  });
  const [low, high] = computeDifferenceInterval(hits(student.top1), hits(teacher.top1));
  const verdict =
    high < 0
      ? 'The student is worse beyond chance'
      : low > 0
        ? 'The student is better beyond chance'
        : `${formatPlural(images, 'test image')} cannot tell them apart`;
  return `${verdict}: the gap lies between ${formatPoints(low)} and ${formatPoints(high)} (95 % confidence).`;
}
