import { expect, it } from 'vitest';
import { describeClassSizes, listProblems } from '../../../../renderer/views/datasets/problems.ts';
import { createDataset } from '../../samples.ts';

const { inspection } = createDataset();

it('lists the gravest first, and leaves out kinds without a case', () => {
  expect(listProblems(inspection).map(({ key, severity }) => [key, severity])).toEqual([
    ['leaks', 'warning'],
    ['unreadable', 'warning'],
    ['duplicates', 'note'],
    ['ignored', 'note'],
  ]);
  const none = { leaks: [], conflicts: [], tooFew: [], unreadable: [], duplicates: [], ignored: [] };
  expect(listProblems({ ...inspection, ...none })).toEqual([]);
});

it('says where each is, with its reason or its others', () => {
  const tooFew = [{ name: 'iris', images: 1, wanted: 3 }];
  const lines = Object.fromEntries(listProblems({ ...inspection, tooFew }).map(({ key, lines }) => [key, lines]));
  expect(lines).toMatchObject({
    leaks: ['train/tulip/tulip-0044.jpg  =  test/tulip/tulip-0003.jpg'],
    tooFew: ['iris: 1 image, at least 3 needed'],
    unreadable: ['train/iris/iris-0412.jpg: the file ends in the middle of the image'],
  });
});

it('tells of unlabelled images that are labelled ones as well, each group once', () => {
  const [leak, copy] = [
    ['test/a.jpg', 'unlabelled/1.jpg'],
    ['train/a.jpg', 'unlabelled/2.jpg'],
  ];
  const unlabelled = { ...inspection.unlabelled, copies: [leak!, copy!], leaks: [leak!], broken: 3 };
  const unreadable = [{ path: 'unlabelled/3.heic', reason: 'is HEIC' }];
  const kinds = listProblems({ ...inspection, unlabelled: { ...unlabelled, unreadable } });
  expect(kinds.filter(({ key }) => key.startsWith('unlabelled'))).toMatchObject([
    {
      key: 'unlabelledUnreadable',
      lines: ['unlabelled/3.heic: is HEIC'],
      meaning: expect.stringContaining('There are 3'),
    },
    { key: 'unlabelledLeaks', groups: [leak] },
    { key: 'unlabelledCopies', groups: [copy] },
  ]);
});

it('shows what looks the same in two splits', () => {
  const nearLeaks = [['test/a.jpg', 'train/a.jpg']];
  expect(listProblems({ ...inspection, nearLeaks })).toContainEqual(
    expect.objectContaining({ key: 'nearLeaks', severity: 'warning', groups: nearLeaks }),
  );
});

it('describes class sizes', () => {
  const sizes = (...images: number[]) =>
    describeClassSizes({
      ...inspection,
      classes: images.map((count, i) => ({ name: `${i}`, images: count, splits: {} })),
    });
  expect(sizes()).toBe('');
  expect(sizes(80, 80)).toBe('80 images per class');
  expect(sizes(1)).toBe('1 image per class');
  expect(sizes(80, 60, 70)).toBe('60 to 80 images per class');
});
