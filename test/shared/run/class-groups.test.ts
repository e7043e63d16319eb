import { describe, expect, it } from 'vitest';
import {
  adviseBalance,
  averageGroups,
  describeGroups,
  groupClasses,
  isLongTailed,
  measureImbalance,
} from '../../../shared/run/class-groups.ts';
import { listGroupAccuracies } from '../../../shared/run/group-accuracies.ts';

describe('groups of classes', () => {
  it('are the third with the most training images, the third with the fewest, and the rest', () => {
    expect(groupClasses([5, 500, 50, 400, 40, 4, 30])).toEqual([
      'tail',
      'head',
      'medium',
      'head',
      'medium',
      'tail',
      'medium',
    ]);
    expect(groupClasses([9, 9, 9])).toEqual(['head', 'medium', 'tail']);
  });

  it('are told from a ratio of five on', () => {
    expect(measureImbalance([100, 20, 40])).toBe(5);
    expect(isLongTailed([100, 20, 40])).toBe(true);
    expect(isLongTailed([99, 20, 40])).toBe(false);
    expect(isLongTailed([100, 20])).toBe(false);
  });
});

describe('accuracy by group', () => {
  const row = (trainImages: number | null, top1: number | null) => ({
    name: 'class',
    images: 10,
    trainImages,
    top1,
    teacherTop1: top1 === null ? null : top1 / 2,
    baselineTop1: null,
  });

  it('counts each class alike', () => {
    const perClass = [row(5000, 0.9), row(500, 0.6), row(50, 0.3)];
    expect(listGroupAccuracies({ perClass })).toEqual([
      {
        group: 'all',
        title: 'Balanced accuracy',
        student: expect.closeTo(0.6),
        teacher: expect.closeTo(0.3),
        baseline: null,
      },
      {
        group: 'head',
        title: 'Head classes (5\u2009000 training images)',
        student: 0.9,
        teacher: 0.45,
        baseline: null,
      },
      { group: 'medium', title: 'Medium classes (500 training images)', student: 0.6, teacher: 0.3, baseline: null },
      { group: 'tail', title: 'Tail classes (50 training images)', student: 0.3, teacher: 0.15, baseline: null },
    ]);
  });

  it('names the sizes of a group, and leaves out classes without test images', () => {
    const perClass = [row(60, 1), row(50, 0.5), row(20, 0.5), row(20, 0.5), row(8, null), row(7, 0.2)];
    const [, head, , tail] = listGroupAccuracies({ perClass });
    expect(head).toMatchObject({ title: 'Head classes (50–60 training images)', student: 0.75 });
    expect(tail).toMatchObject({ title: 'Tail classes (7–8 training images)', student: 0.2 });
  });

  it('is said in one line', () => {
    expect(describeGroups(averageGroups([5000, 500, 50], [0.9, 0.6, null]))).toBe(
      'balanced 75.0\u2009%, head 90.0\u2009%, medium 60.0\u2009%, tail –',
    );
    expect(describeGroups([])).toBe('');
  });

  it('is told only where classes differ in size and their sizes are known', () => {
    expect(listGroupAccuracies({ perClass: [row(10, 1), row(10, 1), row(9, 1)] })).toEqual([]);
    expect(listGroupAccuracies({ perClass: [row(null, 1), row(null, 1), row(null, 1)] })).toEqual([]);
    expect(listGroupAccuracies({ perClass: [] })).toEqual([]);
  });
});

it('balancing is advised from a ratio of twenty on', () => {
  expect(adviseBalance([5000, 50, 500])).toBe(
    'The largest class has 100 times as many images as the smallest; balanced softmax (balance.labels) teaches rare classes better.',
  );
  expect(adviseBalance([5000, 50], { labels: 'none', sampling: 'balanced' })).toBeNull();
  expect(adviseBalance([5000, 50], { labels: 'none', sampling: 'natural' })).not.toBeNull();
  expect(adviseBalance([190, 10])).toBeNull();
  expect(adviseBalance([10])).toBeNull();
});
