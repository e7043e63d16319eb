import { describe, expect, it } from 'vitest';
import type { Report } from '../../../shared/run/report.ts';
import { listHeadlines } from '../../../shared/run/report-headlines.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

function withAccuracy(teacher: number, student: number, images: number): Report {
  const report = createSampleReport();
  return {
    ...report,
    dataset: { ...report.dataset, images: { ...report.dataset.images, test: images } },
    teacher: { ...report.teacher, top1: teacher },
    student: { ...report.student, top1: student },
  };
}
const readCertainty = (report: Report): string => listHeadlines(report)[0]!.certainty;

describe('listHeadlines', () => {
  it('says of each number what it is of, from what to what, and how sure it is', () => {
    const headlines = listHeadlines(createSampleReport());
    expect(headlines.map(({ title }) => title)).toEqual(['Retention', 'FLOPs', 'Size', 'FPS']);
    expect(headlines[1]).toMatchObject({ value: '−40.2\u2009%', change: '52.8\u2009M → 31.6\u2009M' });
    for (const headline of headlines)
      for (const words of Object.values(headline)) expect(words).not.toMatch(/NaN|undefined|null|^$/);
  });

  it('tells a difference from chance by the number of images', () => {
    expect(readCertainty(withAccuracy(0.921, 0.908, 240))).toMatch(/^No significant difference on 240 test images/);
    expect(readCertainty(withAccuracy(0.921, 0.908, 100_000))).toMatch(/^The student is significantly worse/);
    expect(readCertainty(withAccuracy(0.5, 0.6, 10_000))).toMatch(/^The student is significantly better/);
  });

  it('knows nothing without test images', () => {
    expect(readCertainty(withAccuracy(0, 0, 0))).toBe('No test images, so the difference is unknown.');
  });
});
