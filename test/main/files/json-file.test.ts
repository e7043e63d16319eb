import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SettingsStore } from '../../../electron/main/settings.ts';
import { settingsSchema } from '../../../shared/ipc/topics/app.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';

const DEFAULTS = settingsSchema.parse({});
let folder: string;
let warnings: string[];
const openSettings = () => SettingsStore.open(folder, (message) => warnings.push(message));
const path = () => join(folder, 'settings.json');

beforeEach(() => {
  folder = makeTemporaryFolder('decant-settings-');
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('has its defaults without a file, and makes none until something is changed', async () => {
  expect((await openSettings()).value).toEqual(DEFAULTS);
  expect(readdirSync(folder)).toEqual([]);
  expect(warnings).toEqual([]);
});

it('keeps what is changed, and tells before and after', async () => {
  const settings = await openSettings();
  const told: unknown[] = [];
  settings.onChange((now, before) => told.push([before.theme, now.theme]));
  await settings.change({ theme: 'dark', threads: undefined });
  await Promise.all([settings.change({ threads: 2 }), settings.change({ whenClosed: 'quit' })]);
  expect(told).toEqual([
    ['system', 'dark'],
    ['dark', 'dark'],
    ['dark', 'dark'],
  ]);
  const expected = { ...DEFAULTS, theme: 'dark', threads: 2, whenClosed: 'quit' };
  expect((await openSettings()).value).toEqual(expected);
  expect(readdirSync(folder)).toEqual(['settings.json']);
});

it.each([
  ['cut short', '{"theme": "da'],
  ['empty', ''],
  ['of another kind', '[1]'],
  ['with a value that is none', '{"theme": "pink"}'],
  ['from a newer version', '{"theme": "dark", "sounds": true}'],
  ['binary', '\u0000\u0001'],
])('a file that is %s is put aside with a warning, and the defaults are taken', async (_, content) => {
  writeFileSync(path(), content);
  const settings = await openSettings();
  expect(settings.value).toEqual(DEFAULTS);
  expect(warnings).toEqual([
    expect.stringMatching(/^\S+settings.json cannot be used \([^\n]+\); it was renamed to \S+[.]broken,[^\n]+[.]$/),
  ]);
  expect(readFileSync(`${path()}.broken`, 'utf8')).toBe(content);
  await settings.change({ theme: 'light' });
  expect((await openSettings()).value).toEqual({ ...DEFAULTS, theme: 'light' });
});

it.skipIf(process.getuid?.() === 0)('says where a change cannot be kept', async () => {
  const settings = await openSettings();
  chmodSync(folder, 0o500);
  await expect(settings.change({ theme: 'dark' })).rejects.toMatchObject({ code: 'output.unwritable' });
  chmodSync(folder, 0o700);
  await settings.change({ threads: 1 });
  expect((await openSettings()).value).toMatchObject({ theme: 'dark', threads: 1 });
});
