import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from '../../../electron/engine/core/make-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'decant-make-folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('makes what is missing, and tells the topmost of it', () => {
  expect(makeFolder(join(root, 'a', 'b', 'c'))).toBe(join(root, 'a'));
  expect(existsSync(join(root, 'a', 'b', 'c'))).toBe(true);
  expect(makeFolder(join(root, 'a', 'b', 'd'))).toBe(join(root, 'a', 'b', 'd'));
  expect(makeFolder(join(root, 'a'))).toBeUndefined();
});

it('fails below a file, and where a file stands', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file', 'a'))).toThrow(/ENOTDIR|EEXIST/);
  expect(() => makeFolder(join(root, 'file'))).toThrow(/EEXIST/);
});

it.skipIf(process.platform !== 'linux')('fails where a system makes no folder, in place of trying for ever', () => {
  expect(() => makeFolder('/proc/decant/home')).toThrow(/ENOENT/);
});
