import { describe, expect, it } from 'vitest';
import type { Report } from '../../../shared/run/report.ts';
import { judge } from '../../../shared/run/verdict.ts';
import { createSampleReport } from '../../helpers/sample-report.ts';

const spoken = (text: string): string => text.replaceAll('\u2009', ' ');

/** A report on `images` test images of four equal classes, with the given accuracies. */
function reportOf(
  teacher: number,
  student: number,
  { images = 1000, ...change }: Partial<Report> & { images?: number } = {},
): Report {
  const report = createSampleReport({ classes: ['ash', 'birch', 'cedar', 'elm'] });
  return {
    ...report,
    dataset: { ...report.dataset, images: { ...report.dataset.images, test: images } },
    perClass: report.perClass.map((row) => ({ ...row, images: images / 4 })),
    teacher: { ...report.teacher, top1: teacher },
    student: { ...report.student, top1: student },
    ...change,
  };
}

describe('a run is', () => {
  it('ready where the student certainly keeps what it should', () => {
    const verdict = judge(reportOf(0.95, 0.948));
    expect(verdict).toMatchObject({ tone: 'success', title: 'Ready to ship', next: 'export', meaningful: true });
    expect(verdict.reasons.map(spoken)).toEqual([
      'The student keeps 99.8 % of the teacher’s accuracy (goal: 98.0 %); on 1 000 test images, anything from 97.7 % to 101.8 % is possible (95 % confidence).',
    ]);
  });

  it.each([
    ['too few images', reportOf(0.95, 0.95, { images: 60 }), 'Promising: too few test images to be sure', 'add-images'],
    [
      'a lower accuracy on few images',
      reportOf(0.95, 0.88, { images: 60 }),
      'Below the goal, but there are too few test images to be sure',
      'add-images',
    ],
    ['a retention near the goal', reportOf(0.95, 0.925), 'Promising: close to the goal', 'train-longer'],
    ['a retention below the goal', reportOf(0.95, 0.8), 'Lost accuracy', 'cut-less'],
    ['a weak teacher', reportOf(0.5, 0.5), 'Promising: the teacher is still weak', 'train-longer'],
  ])('not ready with %s', (_, report, title, next) => {
    expect(judge(report)).toMatchObject({ title, next });
    expect(judge(report).tone).not.toBe('success');
  });

  it('judged by the goal that was set', () => {
    const report = reportOf(0.95, 0.88);
    const asked = (retention: number) =>
      judge({ ...report, recipe: { ...report.recipe, goal: { ...report.recipe.goal, retention } } });
    expect(asked(0.98).title).toBe('Lost accuracy');
    expect(asked(0.9).title).toBe('Ready to ship');
    expect(asked(0.9).reasons.join()).toContain('(goal: 90.0');
  });

  it('not ready where its training was ended early', () => {
    const report = reportOf(0.95, 0.95);
    const history = report.history.filter(({ stage, epoch }) => stage !== 'fine-tune' || epoch < 12);
    const verdict = judge({ ...report, history });
    expect(verdict.title).toBe('Promising: train longer');
    expect(verdict.reasons).toContain('Training was ended early: the student had 12 of 20 epochs.');
    // A search takes the place of the six epochs that cut.
    const { recipe } = report;
    const search = { ...recipe.search, epochs: 2 };
    const searched = judge({ ...report, recipe: { ...recipe, search }, history });
    expect(searched.reasons).toContain('Training was ended early: the student had 12 of 16 epochs.');
  });
});

describe('a network that only guesses', () => {
  it('makes the retention meaningless where it is the teacher', () => {
    // 92 % of an accuracy of chance is nothing.
    const verdict = judge(reportOf(0.25, 0.23));
    expect(verdict).toMatchObject({
      tone: 'danger',
      title: 'Did not learn: the teacher only guesses',
      meaningful: false,
    });
    expect(spoken(verdict.reasons[0]!)).toBe(
      'The teacher is right for 25.0 % of 1 000 test images; always answering with the largest class would be right for 25.0 %.',
    );
  });

  it('is told by the answer that it always gives', () => {
    const always = [0, 1, 2, 3].map(() => [0, 250, 0, 0]);
    const report = reportOf(0.25, 0.25);
    const verdict = judge({ ...report, confusion: { ...report.confusion, teacher: always, student: always } });
    expect(verdict.reasons.map(spoken)).toContain('It answers “birch” for 100.0 % of them.');
  });

  it('is compared with the largest class, not with the number of classes', () => {
    const report = reportOf(0.72, 0.7);
    const perClass = report.perClass.map((row, label) => ({ ...row, images: label === 0 ? 700 : 100 }));
    expect(judge({ ...report, perClass }).title).toBe('Did not learn: the teacher only guesses');
  });

  it('may be the student alone', () => {
    expect(judge(reportOf(0.95, 0.26)).title).toBe('Did not learn: the student only guesses');
  });
});

it('without test images there is none', () => {
  expect(judge(reportOf(0.9, 0.9, { images: 0 }))).toMatchObject({ next: 'add-images', meaningful: false });
});
