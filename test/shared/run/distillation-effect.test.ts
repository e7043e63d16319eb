import { describe, expect, it } from 'vitest';
import { describeDistillation } from '../../../shared/run/distillation-effect.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { type Report, reportSchema } from '../../../shared/run/report.ts';
import { formatReport } from '../../../shared/run/report-text.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

/** A report in which so many test images were right with a teacher alone, and without one alone. */
function compare(onlyTaught: number, onlyAlone: number, distill: object = {}): Report {
  const images = { both: 800, onlyTaught, onlyAlone, neither: 200 - onlyTaught - onlyAlone };
  const report = createSampleReport();
  return {
    ...report,
    recipe: recipeSchema.parse({ train: { alone: true }, distill }),
    baseline: { ...report.baseline, top1: (800 + onlyTaught) / 1000 },
    alone: { top1: (800 + onlyAlone) / 1000, top5: 1, images },
  };
}

describe('describeDistillation', () => {
  it('says that it helped, by how much, and how sure that is', () => {
    expect(describeDistillation(compare(40, 19))).toEqual({
      verdict: 'helped',
      sentence:
        'Distillation helped: the full student is 2.1 points (0.6 to 3.6) more accurate than one trained on labels alone.',
      advice: null,
      basis:
        'Test top-1: 84.0\u2009% with the teacher, 81.9\u2009% without. The range is that of 1\u2009000 test images (95 % confidence); other seeds move it, too.',
    });
  });

  it('says that it hurt, and what to try', () => {
    const hurt = describeDistillation(compare(19, 40));
    expect(hurt).toMatchObject({
      verdict: 'hurt',
      sentence:
        'Distillation hurt: the full student is 2.1 points (0.6 to 3.6) less accurate than one trained on labels alone.',
      advice:
        'A strong teacher can do that to a small student; try DIST (distill.dist), a lower weight, or labels alone.',
    });
    const dist = describeDistillation(compare(19, 40, { dist: { weight: 2 } }));
    expect(dist!.advice).toBe('A strong teacher can do that to a small student; try a lower weight, or labels alone.');
  });

  it('says where no difference could be measured', () => {
    expect(describeDistillation(compare(23, 20))).toMatchObject({
      verdict: 'unclear',
      sentence:
        'No difference could be measured between the full student and one trained on labels alone: +0.3 points (−1.0 to +1.6).',
      advice: null,
    });
  });

  it('says that only one of the two learned from images without labels', () => {
    const report = compare(40, 19, { unlabelled: { weight: 1 } });
    const images = { ...report.dataset.images, train: 200, unlabelled: 1400 };
    const told = describeDistillation({ ...report, dataset: { ...report.dataset, images } })!.basis;
    expect(told).toMatch(
      /, too\. Both learned from the same 200 labelled images; only the one with the teacher also learned from 1\u2009400 images without labels, so the difference is what teacher and images bring together\.$/,
    );
    expect(describeDistillation(report)!.basis).not.toContain('without labels'); // There were none.
    const before = recipeSchema.parse({ train: { alone: true }, pretrain: { studentEpochs: 5 } });
    const pretrained = { ...report, recipe: before, dataset: { ...report.dataset, images } };
    expect(describeDistillation(pretrained)!.basis).toContain('also learned from');
  });

  it('is silent where one of the two was not trained, as in reports from before there was this question', () => {
    const { alone: _, ...older } = createSampleReport();
    expect(describeDistillation(reportSchema.parse(older))).toBeNull();
    const report = compare(40, 19);
    expect(describeDistillation({ ...report, baseline: { ...report.baseline, top1: null } })).toBeNull();
    expect(formatReport(createSampleReport())).not.toContain('labels alone');
  });

  it('is a line of the report as text', () => {
    const lines = formatReport(compare(19, 40)).split('\n');
    expect(lines.find((text) => text.startsWith('Teacher     '))).toMatch(
      /labels alone\. A strong teacher .* or labels alone\. Test top-1: .*, too\.$/,
    );
  });
});
