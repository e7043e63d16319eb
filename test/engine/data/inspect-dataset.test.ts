import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { drawPicture } from '../../../electron/engine/data/draw/draw-picture.ts';
import { DRAWN_CLASSES } from '../../../electron/engine/data/draw/drawn-classes.ts';
import { inspectDataset } from '../../../electron/engine/data/inspect-dataset.ts';
import { openDataset } from '../../../electron/engine/data/open-dataset.ts';
import { listImages, makePng, makeTree, makeZip } from './make-images.ts';

async function makeTroubled() {
  const same = await makePng(500, 40);
  return {
    ...listImages({ cat: 25, dog: 10 }, 'train/'),
    ...listImages({ cat: 6, dog: 6 }, 'test/'),
    'train/cat/leak.png': same,
    'test/cat/leaked.png': same,
    'train/dog/twin.png': await makePng(501, 20),
    'train/dog/twin2.png': await makePng(501, 20),
    'train/cat/both.png': await makePng(502, 20),
    'train/dog/both.png': await makePng(502, 20),
    'train/dog/poem.jpg': 'roses are red',
    'train/dog/empty.png': '',
    'train/dog/notes.txt': 'woof',
  };
}

describe('an inspection', () => {
  test('counts what is readable and names what is wrong', async () => {
    const files = await makeTroubled();
    const inspection = await inspectDataset(await openDataset(await makeTree(files)));
    expect(inspection).toEqual({
      name: expect.stringMatching(/^decant-data-/),
      images: 53,
      hasSplits: true,
      classes: [
        { name: 'cat', images: 34, splits: { train: 27, test: 7 } },
        { name: 'dog', images: 19, splits: { train: 13, test: 6 } },
      ],
      splits: { train: 40, test: 13 },
      imbalance: 34 / 19,
      sizes: [
        { from: 8, to: 16, images: 47 },
        { from: 16, to: 24, images: 4 },
        { from: 24, to: 32, images: 0 },
        { from: 32, to: 48, images: 2 },
      ],
      unreadable: [
        { path: 'train/dog/empty.png', reason: 'is empty (0 bytes)' },
        { path: 'train/dog/poem.jpg', reason: expect.stringMatching(/^is not an image/) },
      ],
      duplicates: [
        ['train/cat/both.png', 'train/dog/both.png'],
        ['train/cat/leak.png', 'test/cat/leaked.png'],
        ['train/dog/twin2.png', 'train/dog/twin.png'],
      ],
      leaks: [['train/cat/leak.png', 'test/cat/leaked.png']],
      nearLeaks: [],
      conflicts: [['train/cat/both.png', 'train/dog/both.png']],
      tooFew: [{ name: 'dog', images: 13, wanted: 20 }],
      unlabelled: { images: 0, broken: 0, unreadable: [], repeated: 0, copies: [], lookalikes: [], leaks: [] },
      ignored: [{ path: 'train/dog/notes.txt', reason: 'its name is not that of an image' }],
    });
    const archive = await inspectDataset(await openDataset(await makeZip(files)));
    expect({ ...archive, name: '' }).toEqual({ ...inspection, name: '' });
  });

  test('of a class without a readable image still tells', async () => {
    const dataset = await openDataset(await makeTree({ ...listImages({ a: 2 }), 'b/x.jpg': 'text' }));
    const inspection = await inspectDataset(dataset);
    expect(inspection.classes.map((entry) => entry.images)).toEqual([2, 0]);
    expect(Number.isFinite(inspection.imbalance)).toBe(true);
    expect(inspection.splits).toEqual({ unsplit: 2 });
  });

  test('can be stopped', async () => {
    const stopper = new AbortController();
    const dataset = await openDataset(await makeTree(listImages({ a: 20, b: 20 })));
    const listener = () => stopper.abort(new Error('enough'));
    await expect(inspectDataset(dataset, { signal: stopper.signal, listener })).rejects.toThrow('enough');
  });
});

const picture = (number: number, quality: number) =>
  sharp(drawPicture(DRAWN_CLASSES[number]!, 64, new Random(number)), { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();

test('images that judge and look like others of another split are named, and copies are not named twice', async () => {
  const same = await picture(5, 95);
  const dataset = await openDataset(
    await makeTree({
      'train/cat/photo.jpg': await picture(1, 95),
      'train/dog/photo.jpg': await picture(2, 95),
      'train/dog/same.jpg': same,
      'validation/cat/photo.jpg': await picture(3, 95),
      'validation/dog/new.jpg': await picture(4, 95),
      'test/cat/like-train.jpg': await picture(1, 60),
      'test/cat/like-validation.jpg': await picture(3, 60),
      'test/dog/same.jpg': same,
      'test/dog/new.jpg': await picture(6, 95),
    }),
  );
  const { nearLeaks, leaks } = await inspectDataset(dataset);
  expect(leaks).toEqual([['train/dog/same.jpg', 'test/dog/same.jpg']]);
  expect(nearLeaks).toEqual([
    ['test/cat/like-train.jpg', 'train/cat/photo.jpg'],
    ['test/cat/like-validation.jpg', 'validation/cat/photo.jpg'],
  ]);
});

test('images without labels are counted by themselves, and compared with labelled ones', async () => {
  const dataset = await openDataset(
    await makeTree({
      ...listImages({ cat: 25, dog: 25 }, 'train/'),
      ...listImages({ cat: 6, dog: 6 }, 'test/'),
      'train/cat/photo.jpg': await picture(1, 95),
      'test/dog/photo.jpg': await picture(2, 95),
      'test/cat/photo.jpg': await picture(3, 95),
      'unlabelled/of-train.jpg': await picture(1, 95),
      'unlabelled/of-train-too.jpg': await picture(1, 95),
      'unlabelled/like-train.jpg': await picture(1, 60),
      'unlabelled/like-test.jpg': await picture(2, 60),
      'unlabelled/of-test.jpg': await picture(3, 95),
      'unlabelled/new.jpg': await picture(4, 95),
      'unlabelled/phone.heic': Buffer.from('\0\0\0\x18ftypheic'),
    }),
  );
  const { unlabelled, ...rest } = await inspectDataset(dataset);
  expect(rest).toMatchObject({
    images: 65,
    unreadable: [],
    duplicates: [],
    leaks: [],
    nearLeaks: [],
    conflicts: [],
    tooFew: [],
    ignored: [],
  });
  expect(unlabelled).toEqual({
    images: 6,
    broken: 1,
    unreadable: [{ path: 'unlabelled/phone.heic', reason: expect.stringMatching(/^is HEIC/) }],
    repeated: 1,
    copies: [
      ['train/cat/photo.jpg', 'unlabelled/of-train-too.jpg', 'unlabelled/of-train.jpg'],
      ['test/cat/photo.jpg', 'unlabelled/of-test.jpg'],
    ],
    lookalikes: [
      ['train/cat/photo.jpg', 'unlabelled/like-train.jpg'],
      ['test/dog/photo.jpg', 'unlabelled/like-test.jpg'],
    ],
    leaks: [
      ['test/cat/photo.jpg', 'unlabelled/of-test.jpg'],
      ['test/dog/photo.jpg', 'unlabelled/like-test.jpg'],
    ],
  });
});

test('images without any class can be looked at', async () => {
  const inspection = await inspectDataset(await openDataset(await makeTree({ 'a.png': 1, 'b.png': 2 })));
  expect(inspection).toMatchObject({ images: 0, classes: [], splits: {}, imbalance: 1, tooFew: [], ignored: [] });
});
