import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import yazl from 'yazl';
import { openDataset } from '../../../electron/engine/data/open-dataset.ts';
import { findCentralRecords, listImages, makeFolder, makePng, makeTree, makeZip, replaceText } from './make-images.ts';

const paths = (dataset: { images: { path: string }[] }) => dataset.images.map((image) => image.path);

describe('layouts', () => {
  test('a folder for each class, with folders inside, odd cases and things that do not belong', async () => {
    const folder = await makeTree({
      'class10/a.PNG': 1,
      'class2/deep/er/b.Jpg': 2,
      'class2/c.webp': 3,
      'class2/notes.txt': 'x',
      'class2/.hidden.png': 4,
      '__MACOSX/class2/._c.png': 5,
      '.git/x.png': 6,
      'stray.png': 7,
    });
    const dataset = await openDataset(folder);
    expect(dataset.classes).toEqual(['class2', 'class10']);
    expect(dataset.hasSplits).toBe(false);
    expect(paths(dataset)).toEqual(['class2/c.webp', 'class2/deep/er/b.Jpg', 'class10/a.PNG']);
    expect(dataset.images.map((image) => image.label)).toEqual([0, 0, 1]);
    expect(dataset.ignored.map((entry) => entry.path).sort()).toEqual(['class2/notes.txt', 'stray.png']);
  });

  test('a hidden folder with images in it is told of: it may be meant as a class', async () => {
    const files = { 'a/1.png': 1, 'b/1.png': 2, '.c/deep/1.png': 3, '.d/notes.txt': 'x', 'a/.git/1.png': 4 };
    const ignored = [{ path: '.c', reason: expect.stringMatching(/hidden because .* rename it/) }];
    for (const path of [await makeTree(files), await makeZip(files)])
      expect(await openDataset(path)).toMatchObject({ classes: ['a', 'b'], ignored });
  });

  test('folders of splits under their several names, wrapped in another folder', async () => {
    const dataset = await openDataset(
      await makeTree({
        ...listImages({ b: 2, a: 1 }, 'flowers/Train/'),
        ...listImages({ a: 1 }, 'flowers/val/'),
        ...listImages({ a: 1, b: 1 }, 'flowers/test/'),
      }),
    );
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(dataset.hasSplits).toBe(true);
    expect(dataset.images.map((image) => `${image.split} ${image.label}`)).toEqual([
      'train 0',
      'train 1',
      'train 1',
      'validation 0',
      'test 0',
      'test 1',
    ]);
  });

  test('a class folder that is empty is told of, and does not keep the others from being used', async () => {
    const folder = await makeTree({ ...listImages({ a: 1, b: 1 }, 'train/'), ...listImages({ a: 1 }, 'test/') });
    await mkdir(join(folder, 'train', 'c'));
    await mkdir(join(folder, 'test', 'b'));
    const dataset = await openDataset(folder);
    expect(dataset.classes).toEqual(['a', 'b']);
    expect(dataset.ignored.map(({ path }) => path).sort()).toEqual(['test/b', 'train/c']);
    expect(dataset.ignored[0]!.reason).toBe('an empty folder; add images to it, or remove it');
  });

  test('classes may be called train and test when images lie right inside', async () => {
    const dataset = await openDataset(await makeTree(listImages({ train: 2, bus: 2, test: 1 })));
    expect(dataset.classes).toEqual(['bus', 'test', 'train']);
    expect(dataset.hasSplits).toBe(false);
  });

  test('names are joined in composed form', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    const dataset = await openDataset(
      await makeTree({
        ...listImages({ [composed]: 1, zoo: 1 }, 'train/'),
        ...listImages({ [decomposed]: 1, zoo: 1 }, 'test/'),
      }),
    );
    expect(dataset.classes).toEqual([composed, 'zoo']);
  });

  test('names of 255 bytes and from other scripts', async () => {
    const long = `${'n'.repeat(251)}.png`;
    const dataset = await openDataset(
      await makeTree({ [`${'c'.repeat(255)}/${long}`]: 1, '花 \u{1f338} %2e/α b.png': 2 }),
    );
    expect(dataset.classes).toEqual(['c'.repeat(255), '花 \u{1f338} %2e']);
  });

  test('a folder beside the splits is reported, not read', async () => {
    const dataset = await openDataset(
      await makeTree({ ...listImages({ a: 1, b: 1 }, 'train/'), ...listImages({ a: 1 }, 'rejected/') }),
    );
    expect(dataset.images).toHaveLength(2);
    expect(dataset.ignored).toEqual([{ path: 'rejected/a/0.png', reason: 'outside the split folders' }]);
  });
});

describe('what is refused', () => {
  test.each<[string, Record<string, number | string>, string, RegExp]>([
    ['no images', { 'a/x.txt': 'x' }, 'dataset.layout', /contains no images/],
    ['one class', listImages({ cat: 3 }), 'dataset.classes', /only one class, "cat"/],
    ['one class in splits', { 'train/cat/1.png': 1, 'test/cat/2.png': 2 }, 'dataset.classes', /only one class/],
    ['no training split', listImages({ a: 1, b: 1 }, 'test/'), 'dataset.layout', /none for training/],
    [
      'a class that is never trained',
      { ...listImages({ a: 1, b: 1 }, 'train/'), ...listImages({ c: 1 }, 'test/') },
      'dataset.classes',
      /"c" .* no training images/,
    ],
  ])('%s', async (_, files, code, message) => {
    await expect(openDataset(await makeTree(files))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('an empty folder', async () => {
    await expect(openDataset(makeFolder())).rejects.toMatchObject({ code: 'dataset.layout' });
  });

  test('a path that does not exist, a file, and a file that only claims to be an archive', async () => {
    const folder = await makeTree({ 'a.png': 1, 'b.zip': 'PK no archive at all, whatever its name says' });
    await expect(openDataset(join(folder, 'gone'))).rejects.toMatchObject({ code: 'dataset.missing' });
    await expect(openDataset(join(folder, 'a.png'))).rejects.toMatchObject({ code: 'dataset.layout' });
    await expect(openDataset(join(folder, 'b.zip'))).rejects.toMatchObject({ code: 'dataset.layout' });
  });

  test.skipIf(process.getuid?.() === 0)(
    'a folder that may not be read (skipped for root, who may read all)',
    async () => {
      const folder = await makeTree(listImages({ a: 1, b: 1 }));
      await chmod(join(folder, 'a'), 0);
      await expect(openDataset(folder)).rejects.toMatchObject({ code: 'dataset.unreadable' });
      await chmod(join(folder, 'a'), 0o700);
    },
  );
});

describe.skipIf(process.platform === 'win32')('symbolic links', () => {
  test('inside the dataset are followed; those that leave it, lead nowhere or go round are reported', async () => {
    const outside = await makeTree({ 'secret/x.png': 9 });
    const folder = await makeTree(listImages({ a: 1, b: 1 }));
    await symlink(join(folder, 'a', '0.png'), join(folder, 'b', 'same.png'));
    await symlink(join(outside, 'secret'), join(folder, 'c'));
    await symlink(join(outside, 'secret', 'x.png'), join(folder, 'a', 'x.png'));
    await symlink('..', join(folder, 'a', 'up'));
    await symlink('self', join(folder, 'a', 'self'));
    await symlink('nowhere.png', join(folder, 'a', 'gone.png'));
    const dataset = await openDataset(folder);
    expect(paths(dataset)).toEqual(['a/0.png', 'b/0.png', 'b/same.png']);
    expect(dataset.ignored.map((entry) => entry.path).sort()).toEqual(['a/gone.png', 'a/self', 'a/up', 'a/x.png', 'c']);
  });

  test('a link to the whole dataset does not multiply it', async () => {
    const folder = await makeTree(listImages({ a: 1, b: 1 }));
    await symlink(folder, join(folder, 'a', 'all'));
    expect((await openDataset(folder)).images).toHaveLength(2);
  });
});

describe('archives', () => {
  const files = listImages({ a: 2, b: 2 }, 'set/train/');

  test('hold the same dataset as the folder that was packed', async () => {
    const folder = await openDataset(join(await makeTree(files), 'set'));
    const archive = await openDataset(await makeZip({ ...files, '__MACOSX/set/._a.png': 1, 'set/empty/': '' }));
    expect(archive.classes).toEqual(folder.classes);
    expect(archive.images.map((image) => image.label)).toEqual(folder.images.map((image) => image.label));
    expect(await archive.fingerprint()).toBe(await folder.fingerprint());
  });

  test.each([
    ['a name that climbs out', (bytes: Buffer) => replaceText(bytes, 'set/train/a/0', '../train/aa/0')],
    ['an absolute name', (bytes: Buffer) => replaceText(bytes, 'set/train/a/0', '/et/train/a/0')],
    ['a drive letter', (bytes: Buffer) => replaceText(bytes, 'set/train/a/0', 'C:\\/train/a/0')],
    ['climbing with backslashes', (bytes: Buffer) => replaceText(bytes, 'set/train/a/0', '..\\..\\ain/a/0')],
    [
      'an entry that says it unpacks to a thousandfold',
      (bytes: Buffer) => {
        bytes.writeUInt16LE(8, findCentralRecords(bytes)[0]! + 10);
        bytes.writeUInt32LE(1 << 30, findCentralRecords(bytes)[0]! + 24);
        return bytes;
      },
    ],
    [
      'entries that share their bytes',
      (bytes: Buffer) => {
        for (const at of findCentralRecords(bytes)) bytes.writeUInt16LE(8, at + 10);
        for (const at of findCentralRecords(bytes)) bytes.writeUInt32LE(bytes.length - 100, at + 20);
        return bytes;
      },
    ],
  ])('%s is refused', async (_, patch) => {
    await expect(openDataset(await makeZip(files, patch))).rejects.toMatchObject({
      code: 'dataset.unsafe',
      status: 2,
      message: expect.stringMatching(/^\S+set\.zip is refused because .*; use an archive/),
    });
  });

  test('cut short or scrambled is refused', async () => {
    const damage = [
      (b: Buffer) => b.subarray(0, b.length - 30),
      (b: Buffer) => b.subarray(0, 40),
      () => Buffer.alloc(0),
    ];
    for (const patch of damage)
      await expect(openDataset(await makeZip(files, patch))).rejects.toMatchObject({ code: 'dataset.layout' });
  });

  /** Of the end record, which has no comment. */
  const endOf = (bytes: Buffer) => bytes.length - 22;
  const insert = (bytes: Buffer, at: number, more: number) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.alloc(more), bytes.subarray(at)]);

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    [
      'whose end record counts fewer entries than there are',
      (bytes) => {
        bytes.writeUInt16LE(3, endOf(bytes) + 10);
        return bytes;
      },
      /its end record counts 3 entries, but its list of files has another length/,
    ],
    [
      'whose end record counts more',
      (bytes) => {
        bytes.writeUInt16LE(9, endOf(bytes) + 10);
        return bytes;
      },
      /its list of files is damaged/,
    ],
    ['that begins with something else', (bytes) => insert(bytes, 0, 10), /not where its end record says/],
    ['with a gap behind its list', (bytes) => insert(bytes, endOf(bytes), 10), /not where its end record says/],
    [
      'whose list is shorter than its end record says',
      (bytes) => {
        bytes.writeUInt32LE(bytes.readUInt32LE(endOf(bytes) + 12) - 50, endOf(bytes) + 12);
        bytes.writeUInt32LE(bytes.readUInt32LE(endOf(bytes) + 16) + 50, endOf(bytes) + 16);
        return bytes;
      },
      /its list of files is damaged/,
    ],
    ['that is cut short', (bytes) => bytes.subarray(0, -3), /it does not end like a zip archive/],
  ])('one %s is refused in one sentence', async (_, patch, says) => {
    await expect(openDataset(await makeZip(files, patch))).rejects.toMatchObject({
      code: 'dataset.layout',
      message: expect.stringMatching(says),
    });
  });

  test('in the format for large archives, and with a comment, are read too', async () => {
    const zip = new yazl.ZipFile();
    for (const [path, number] of Object.entries(files))
      zip.addBuffer(await makePng(number), path, { forceZip64Format: true });
    zip.end({ forceZip64Format: true, comment: 'PK and more' });
    const path = join(makeFolder(), 'large.zip');
    await writeFile(path, await buffer(zip.outputStream));
    expect((await openDataset(path)).images).toHaveLength(4);
  });

  test('with folders too deep or paths too long are read without these, at once', async () => {
    const deep = { [`${'d/'.repeat(30_000)}1.png`]: 1, [`set/train/a/${'n'.repeat(2000)}.png`]: 2 };
    const path = await makeZip({ ...files, ...deep, [`set/train/a/${'d/'.repeat(40)}1.png`]: 3 });
    const begun = performance.now();
    const dataset = await openDataset(path);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(dataset.images).toHaveLength(4);
    expect(dataset.ignored.map((entry) => entry.reason)).toEqual([
      'its path has more than 1024 characters',
      'its path has more than 1024 characters',
      'more than 32 folders deep',
    ]);
  });

  test('inside archives are not opened, links and encrypted entries are reported', async () => {
    const patch = (bytes: Buffer) => {
      const [first, second] = findCentralRecords(bytes);
      bytes.writeUInt32LE(0o120777 * 2 ** 16, first! + 38);
      bytes.writeUInt16LE(bytes.readUInt16LE(second! + 8) | 1, second! + 8);
      return bytes;
    };
    const secret = { 'set/train/a/link.png': Buffer.alloc(2000), 'set/train/a/secret.png': Buffer.alloc(2000) };
    const dataset = await openDataset(await makeZip({ ...secret, ...files, 'set/train/a/inner.zip': 'PK' }, patch));
    expect(dataset.images).toHaveLength(4);
    expect(dataset.ignored.map((entry) => entry.reason).sort()).toEqual([
      'a symbolic link; links in archives are not followed',
      'encrypted',
      'its name is not that of an image',
    ]);
  });
});

describe('fingerprints', () => {
  test('depend on content and place in the dataset, not on where it lies or when it was written', async () => {
    const folder = await makeTree(listImages({ a: 2, b: 1 }));
    const first = await (await openDataset(folder)).fingerprint();
    const copy = makeFolder();
    await cp(folder, copy, { recursive: true });
    expect(await (await openDataset(copy)).fingerprint()).toBe(first);
    await writeFile(join(copy, 'a', '0.png'), await makePng(200));
    const changed = await (await openDataset(copy)).fingerprint();
    expect(changed).not.toBe(first);
    await writeFile(join(copy, 'a', '2.png'), await makePng(201));
    expect(await (await openDataset(copy)).fingerprint()).not.toBe(changed);
  });
});

const CIFAR = resolve('../shared/data/cifar10.zip');
test.skipIf(!existsSync(CIFAR))('60,000 entries open quickly (skipped where ../shared is absent)', async () => {
  const dataset = await openDataset(CIFAR);
  expect(dataset.images).toHaveLength(60_000);
  expect(dataset.classes).toHaveLength(10);
  expect(dataset.images.filter((image) => image.split === 'test')).toHaveLength(10_000);
});
