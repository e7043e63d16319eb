import { expect, it } from 'vitest';
import { formatInspection } from '../../../shared/run/inspection-text.ts';
import { INSPECTION } from '../../cli/fake-engine.ts';

const { unlabelled: none } = INSPECTION;
const sound = { ...INSPECTION, unreadable: [], leaks: [], conflicts: [], tooFew: [] };

it('tells of images without labels where there are some', () => {
  expect(formatInspection(INSPECTION)).not.toContain('without labels');
  const leak = ['test/daisy/c.jpg', 'unlabelled/7.jpg'];
  const copy = ['train/daisy/a.jpg', 'unlabelled/8.jpg'];
  const unreadable = [{ path: 'unlabelled/9.heic', reason: 'is HEIC' }];
  const unlabelled = {
    images: 4812,
    broken: 2000,
    unreadable,
    repeated: 3,
    copies: [copy],
    lookalikes: [leak],
    leaks: [leak],
  };
  const text = formatInspection({ ...sound, unlabelled });
  expect(text).toMatch(/^flowers: 30 images in 2 classes\nIt also has 4\D812 images without labels\.\n/);
  expect(text).toContain('choose the preset “Few labels”');
  expect(text).toContain('Also among the images without labels: 1\n  train/daisy/a.jpg = unlabelled/8.jpg\n');
  expect(text).toContain(
    'Unreadable images without labels (skipped): 2000\n  unlabelled/9.heic: is HEIC\n  … and 1999 more\n',
  );
  expect(text).toContain('(left out of training): 1\n  test/daisy/c.jpg = unlabelled/7.jpg');
  expect(text).not.toContain('No problems found.');
  expect(formatInspection({ ...sound, unlabelled: { ...none, images: 5 } })).toContain('No problems found.');
});

it('names images that look the same in two splits', () => {
  const text = formatInspection({ ...sound, nearLeaks: [['test/a.jpg', 'train/a.jpg']] });
  expect(text).toMatch(/^Looks the same in more than one split .*: 1\n {2}test\/a\.jpg = train\/a\.jpg$/m);
  expect(text).not.toContain('No problems found.');
});

it('says of images without any class what to do', () => {
  const text = formatInspection({ ...sound, images: 0, classes: [], splits: {}, unlabelled: { ...none, images: 5 } });
  expect(text).toMatch(/^flowers: 5 images without labels\nTo train a classifier, add a folder with a few/);
});
