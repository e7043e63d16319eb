import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileList } from '../../../electron/engine/data/file-list.ts';
import { listFolder } from '../../../electron/engine/data/list-folder.ts';
import type { ListedFiles } from '../../../electron/engine/data/listing.ts';
import { makeTree } from './make-images.ts';

const pathsOf = (files: ListedFiles) => Array.from({ length: files.length }, (_, i) => files.at(i)!.path);

test('files are as they were put in, however many and whatever their names', () => {
  const files = new FileList('/photos');
  // Beyond the room that there is at first, in files and in bytes of their names.
  const paths = Array.from({ length: 5000 }, (_, i) => `${i}/${'\u6f22\u{1f600}é'.repeat(i % 40)}.jpg`);
  for (const [i, path] of paths.entries()) files.push(path, 2 ** 40 + i);
  expect(pathsOf(files)).toEqual(paths);
  expect(files.at(4999)).toMatchObject({ bytes: 2 ** 40 + 4999, crc32: null });
  expect(files.at(1)!.location).toEqual({ kind: 'file', path: join('/photos', paths[1]!), crc32: null });
  expect(files.at(5000)).toBeUndefined();
});

test.each([0, 1, 63, 64, 65, 128, 200])(
  'a folder of %i files is listed whole, with what lies beside and below',
  async (count) => {
    const names = Array.from({ length: count }, (_, i) => `${i}.jpg`);
    const root = await makeTree({ 'below/x.jpg': 'x', ...Object.fromEntries(names.map((name) => [name, 'y'])) });
    await symlink(join(root, 'below/x.jpg'), join(root, 'link.jpg'));
    await writeFile(join(root, '.hidden'), '');
    const { files, folders, ignored } = await listFolder(root);
    expect(pathsOf(files).sort()).toEqual([...names, 'below/x.jpg', 'link.jpg'].sort());
    expect([folders, ignored]).toEqual([['below'], []]);
  },
);
