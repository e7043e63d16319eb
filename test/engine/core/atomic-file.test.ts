import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  describeFileFailure,
  describeWriteFailure,
  removeTemporaryFiles,
  writeFileAtomically,
} from '../../../electron/engine/core/atomic-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'decant-atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each<[string, Uint8Array | string | Uint8Array[], string]>([
  ['a text', 'grün', 'grün'],
  ['bytes', Buffer.from('abc'), 'abc'],
  ['parts', [Buffer.from('a'), Buffer.from('bc')], 'abc'],
  ['nothing', '', ''],
])('%s is written whole, with its size and sum', async (_, content, expected) => {
  const path = join(folder, 'deep', 'er', 'file');
  const written = await writeFileAtomically(path, content);
  expect(await readFile(path, 'utf8')).toBe(expected);
  expect(written).toEqual({
    path,
    sizeBytes: Buffer.byteLength(expected),
    sha256: createHash('sha256').update(expected).digest('hex'),
  });
  expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['file']);
});

test('an old file is replaced; many writers at once leave one whole file', async () => {
  const path = join(folder, 'file');
  await Promise.all(Array.from({ length: 20 }, (_, i) => writeFileAtomically(path, String(i).repeat(10_000))));
  expect(new Set((await readFile(path, 'utf8')).match(/../g)).size).toBe(1);
  expect(await readdir(folder)).toEqual(['file']);
});

test('names of 255 bytes are written', async () => {
  const path = join(folder, 'n'.repeat(255));
  await writeFileAtomically(path, 'x');
  expect(await readFile(path, 'utf8')).toBe('x');
});

test('what cannot be written leaves the old file and no temporary one', async () => {
  await mkdir(join(folder, 'taken', 'by a folder'), { recursive: true });
  await writeFile(join(folder, 'file'), 'old');
  for (const path of ['taken', 'file/below', 'n'.repeat(300)])
    await expect(writeFileAtomically(join(folder, path), 'new')).rejects.toMatchObject({
      code: 'output.unwritable',
      message: expect.stringMatching(/^Cannot write .*; choose another place\.$/),
    });
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
  expect((await readdir(folder)).sort()).toEqual(['file', 'taken']);
});

test.skipIf(process.getuid?.() === 0)('a read-only folder is named (skipped for root, who may write)', async () => {
  await chmod(folder, 0o500);
  await expect(writeFileAtomically(join(folder, 'x'), 'x')).rejects.toMatchObject({ code: 'output.unwritable' });
  await chmod(folder, 0o700);
});

test('failures are told apart', () => {
  const failure = (code: string) => describeWriteFailure('/a/b', Object.assign(new Error('raw'), { code }));
  expect(failure('ENOSPC')).toMatchObject({
    code: 'disk.full',
    message: expect.stringMatching(/There is no space left to write \/a\/b/),
  });
  expect(failure('EROFS')).toMatchObject({ code: 'output.unwritable', message: expect.stringMatching(/read-only/) });
  expect(failure('EWEIRD')).toMatchObject({ message: expect.stringMatching(/EWEIRD/) });
  const other = new Error('not of the file system');
  expect(describeWriteFailure('/a/b', other)).toBe(other);
});

test('an error that nobody turned into a sentence is told where it was about a change or a failing disk', () => {
  const failure = (code: string, syscall: string, path?: string) =>
    describeFileFailure(Object.assign(new Error('raw'), { code, syscall, path }));
  expect(failure('EACCES', 'unlink', '/a/b')).toMatchObject({
    code: 'output.unwritable',
    message: 'Cannot remove /a/b: permission is denied; remove it yourself, or choose another place.',
  });
  expect(failure('EACCES', 'mkdir', '/a/b')).toMatchObject({ code: 'output.unwritable' });
  expect(failure('ENOSPC', 'open', '/a/b')).toMatchObject({ code: 'disk.full' });
  expect(failure('EIO', 'read', '/a/b')).toMatchObject({ code: 'disk.failed' });
  for (const [code, syscall, path] of [
    ['ENOENT', 'open', '/a/b'],
    ['EPIPE', 'write', undefined],
  ] as const)
    expect(failure(code, syscall, path)).not.toHaveProperty('details');
});

test('what a killed process left is removed, and nothing else', async () => {
  const names = ['.a.0123456789ab.tmp', '.b.json.ffffffffffff.tmp', '.hidden', 'a.tmp', '.c.xyz.tmp'];
  for (const name of names) await writeFile(join(folder, name), '');
  await removeTemporaryFiles(folder);
  expect((await readdir(folder)).sort()).toEqual(['.c.xyz.tmp', '.hidden', 'a.tmp']);
  await removeTemporaryFiles(join(folder, 'missing'));
});
