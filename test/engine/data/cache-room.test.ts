import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Dataset, openDataset, preparePixels } from '../../../electron/engine/data/index.ts';
import type { PrepareOptions } from '../../../electron/engine/data/prepare-pixels.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';
import { makeFolder, makePng, makeTree } from './make-images.ts';

const COUNT = 20;
let dataset: Dataset;
beforeEach(async () => {
  dataset = await drawnOnce();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const root = makeTemporaryFolder('decant-room-');
async function drawnOnce(): Promise<Dataset> {
  for (const name of ['a', 'b']) {
    if (existsSync(join(root, name))) continue;
    mkdirSync(join(root, name));
    for (let i = 0; i < COUNT / 2; i++)
      writeFileSync(join(root, name, `${i}.png`), await makePng(i + (name === 'a' ? 0 : COUNT)));
  }
  return openDataset(root);
}

const bytesOf = (inputSize: number) => COUNT * inputSize * inputSize * 3;
/** What the index beside the pixels takes, generously. */
const INDEX = 400;

/** Makes a cache, or uses it again, as if it were `hour` o'clock, and closes it unless it is to be kept in use. */
async function use(folder: string, inputSize: number, hour: number, options: Partial<PrepareOptions> = {}) {
  const before = new Set(readdirSync(folder));
  const cache = await preparePixels(dataset, { inputSize, cacheFolder: folder, ...options });
  await cache.close();
  const key = cache.path.slice(folder.length + 1, -'.pixels'.length);
  const changed = readdirSync(folder).filter((name) => name.startsWith(key));
  for (const name of changed) utimesSync(join(folder, name), hour * 3600, hour * 3600);
  return { key, made: !before.has(`${key}.pixels`) };
}

const keysIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.pixels'))
    .map((name) => name.slice(0, -'.pixels'.length))
    .sort();

test('the longest unused caches go until the new one has room', async () => {
  const folder = makeFolder();
  const small = await use(folder, 8, 1);
  const middle = await use(folder, 16, 2);
  const large = await use(folder, 24, 3);
  const evictions: unknown[] = [];
  const limits = {
    cacheLimitBytes: bytesOf(24) + bytesOf(32) + 2 * INDEX,
    onEvicted: (e: unknown) => evictions.push(e),
  };
  const larger = await use(folder, 32, 4, limits);
  expect(keysIn(folder)).toEqual([large.key, larger.key].sort());
  expect(evictions).toEqual([{ caches: 2, bytes: expect.any(Number) }]);
  expect(existsSync(join(folder, `${small.key}.json`))).toBe(false);
  expect(existsSync(join(folder, `${middle.key}.json`))).toBe(false);
});

test('a cache that is used again counts as new', async () => {
  const folder = makeFolder();
  const first = await use(folder, 8, 1);
  const second = await use(folder, 16, 2);
  const clock = { now: () => 3 * 3_600_000, elapsedMs: () => 0 };
  const again = await preparePixels(dataset, { inputSize: 8, cacheFolder: folder, clock });
  await again.close();
  const third = await use(folder, 12, 4, { cacheLimitBytes: bytesOf(8) + bytesOf(12) + 2 * INDEX });
  expect(keysIn(folder)).toEqual([first.key, third.key].sort());
  expect(keysIn(folder)).not.toContain(second.key);
});

test('one in use stays, however small the limit; one whose user was killed goes', async () => {
  const folder = makeFolder();
  const cache = await preparePixels(dataset, { inputSize: 8, cacheFolder: folder });
  onTestFinished(() => cache.close());
  const dead = await use(folder, 12, 1);
  const mark = `.${dead.key}.7fffffff0000.use`;
  writeFileSync(join(folder, mark), '');
  const next = await use(folder, 16, 2, { cacheLimitBytes: 1 });
  expect(keysIn(folder)).toEqual([cache.path.slice(folder.length + 1, -'.pixels'.length), next.key].sort());
  expect(existsSync(join(folder, mark))).toBe(false);
  const pixels = new Uint8Array(cache.rowBytes);
  await cache.read([0], pixels);
});

test('no mark of a use is left when the cache is closed or cannot be made', async () => {
  const folder = makeFolder();
  await use(folder, 8, 1);
  const broken = await openDataset(await makeTree({ 'a/1.png': 'x', 'b/1.png': 'y' }));
  await expect(preparePixels(broken, { inputSize: 8, cacheFolder: folder })).rejects.toThrow(/No image of class/);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});
