import { describe, expect, it } from 'vitest';
import { runEventSchema } from '../../../shared/run/events.ts';
import { REPORT_VERSION, reportSchema } from '../../../shared/run/report.ts';
import { listComparisonRows } from '../../../shared/run/report-rows.ts';
import { formatReport } from '../../../shared/run/report-text.ts';
import { computeWilsonInterval } from '../../../shared/run/wilson-interval.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

describe('reportSchema', () => {
  it('takes a report through JSON unchanged', () => {
    const report = createSampleReport();
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it.each<[string, object]>([
    ['an unknown key', { extra: 1 }],
    ['a share above 1', { teacher: { ...createSampleReport().teacher, top1: 1.2 } }],
    ['a time without a zone', { createdAt: '2026-01-23 14:02' }],
    ['another version', { version: REPORT_VERSION + 1 }],
    ['NaN', { peakMemoryBytes: Number.NaN }],
    ['half an image', { confusion: { ...createSampleReport().confusion, student: [[1.5]] } }],
    ['fewer than no images', { confusion: { ...createSampleReport().confusion, teacher: [[-1]] } }],
    ['a matrix without rows', { confusion: { ...createSampleReport().confusion, baseline: [1, 2] } }],
  ])('refuses %s', (_name, change) => {
    expect(reportSchema.safeParse({ ...createSampleReport(), ...change }).success).toBe(false);
  });
});

it('checks the report of a thousand classes without making anyone wait', () => {
  const report = createSampleReport({ classes: Array.from({ length: 1000 }, (_, i) => `species ${i}`) });
  const begun = performance.now();
  expect(reportSchema.safeParse(report).success).toBe(true);
  expect(performance.now() - begun).toBeLessThan(1000);
});

describe('the text of a report', () => {
  it('shows accuracy by group where classes differ much in size', () => {
    const report = createSampleReport();
    expect(formatReport(report)).not.toContain('Balanced accuracy');
    const perClass = report.perClass.map((row, i) => ({ ...row, trainImages: 500 - 40 * i }));
    const titles = listComparisonRows({ ...report, perClass }).map(({ title }) => title);
    expect(titles.slice(1, 6)).toEqual([
      expect.stringMatching(/^Top-1/),
      'Balanced accuracy',
      expect.stringMatching(/^Head classes \(\d+–500 training images\)$/),
      expect.stringMatching(/^Medium classes/),
      expect.stringMatching(/^Tail classes/),
    ]);
  });

  it('shows every figure of the comparison, in columns', () => {
    const report = createSampleReport();
    const text = formatReport(report);
    for (const row of listComparisonRows(report))
      for (const cell of [row.title, row.teacher, row.baseline, row.student]) expect(text).toContain(cell);
    expect(text).not.toMatch(/NaN|undefined|null/);
  });

  it('says how far confidence can be believed, and nothing of it where an older report does not', () => {
    const report = createSampleReport();
    const text = formatReport(report).replaceAll('\u2009', ' ');
    expect(text).toMatch(/Calibration error \(ECE\) +6.1 % → 2.4 % +8.3 % → 3.1 % +7.4 % → 1.9 %/);
    expect(text).toMatch(/Temperature +0.812 +0.645 +0.703/);
    expect(text).toMatch(/Called unlike \(test\) +2.5 % +– +2.9 % +4.6 % by either/);
    const { calibration: _, unlike: __, ...old } = report;
    const older = reportSchema.parse(old);
    expect(older.calibration).toEqual({ teacher: null, baseline: null, student: null });
    expect(formatReport(older)).not.toMatch(/Calibration error \(ECE\)|Temperature|unlike/);
  });

  it('copes with an untrained baseline', () => {
    const report = createSampleReport();
    const text = formatReport({
      ...report,
      baseline: { ...report.baseline, top1: null, top5: null },
      retention: { ...report.retention, vsBaseline: null },
    });
    expect(text).toContain('–');
    expect(text).not.toMatch(/NaN|undefined|null/);
  });
});

it('Wilson intervals are those of the published tables', () => {
  // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; 15 of 148 gives 0.0624 to 0.1605; 0 of 20, 0 to 0.1611; 1 of 29, 0.0061 to 0.1718.
  const round = ([low, high]: [number, number]): number[] => [low, high].map((bound) => Number(bound.toFixed(4)));
  expect(round(computeWilsonInterval(81, 263))).toEqual([0.2553, 0.3662]);
  expect(round(computeWilsonInterval(15, 148))).toEqual([0.0624, 0.1605]);
  expect(round(computeWilsonInterval(0, 20))).toEqual([0, 0.1611]);
  expect(round(computeWilsonInterval(1, 29))).toEqual([0.0061, 0.1718]);
  expect(computeWilsonInterval(0, 0)).toEqual([0, 1]);
});

it('events are told apart by their type and hold no more than they say', () => {
  expect(runEventSchema.safeParse({ type: 'run.finished', run: 'r' }).success).toBe(true);
  expect(runEventSchema.safeParse({ type: 'run.finished', run: 'r', more: 1 }).success).toBe(false);
  expect(runEventSchema.safeParse({ type: 'run.exploded' }).success).toBe(false);
});
