import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Dataset } from '../../../electron/engine/data/dataset.ts';
import { decodePixels } from '../../../electron/engine/data/decode-image.ts';
import { openDataset } from '../../../electron/engine/data/open-dataset.ts';
import { type PrepareOptions, preparePixels } from '../../../electron/engine/data/prepare-pixels.ts';
import { listImages, makeFolder, makePng, makePngHeader, makeTree, makeZip } from './make-images.ts';

const SIZE = 8;
const SMALL = listImages({ a: 10, b: 10 });

async function prepare(dataset: Dataset, cacheFolder: string, options: Partial<PrepareOptions> = {}) {
  const cache = await preparePixels(dataset, { inputSize: SIZE, cacheFolder, ...options });
  onTestFinished(() => cache.close());
  return cache;
}

async function readAll(cache: { count: number; rowBytes: number; read(i: number[], t: Uint8Array): Promise<void> }) {
  const pixels = new Uint8Array(cache.count * cache.rowBytes);
  await cache.read(
    Array.from({ length: cache.count }, (_, i) => i),
    pixels,
  );
  return pixels;
}

/** But for the marks of caches that are still open. */
const files = (folder: string) =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('.use'))
    .sort();

describe('pixels', () => {
  test('are those of the decoder, from a folder and from an archive, in any order', async () => {
    const folder = await openDataset(await makeTree(SMALL));
    const archive = await openDataset(await makeZip(SMALL));
    const cache = await prepare(folder, makeFolder());
    expect(cache).toMatchObject({ inputSize: SIZE, count: 20, broken: [] });
    expect([...cache.labels]).toEqual(folder.images.map((image) => image.label));
    const all = await readAll(cache);
    for (const index of [0, 7, 19])
      expect(Buffer.from(all.subarray(index * 192, (index + 1) * 192))).toEqual(
        Buffer.from(await decodePixels(readFileSync(join(folder.path, folder.images[index]!.path)), SIZE)),
      );
    expect(await readAll(await prepare(archive, makeFolder()))).toEqual(all);
    const some = new Uint8Array(4 * 192);
    await cache.read([19, 3, 4, 0], some);
    for (const [row, index] of [19, 3, 4, 0].entries())
      expect(some.subarray(row * 192, (row + 1) * 192)).toEqual(all.subarray(index * 192, (index + 1) * 192));
  });

  test('are the same whatever the number of threads', async () => {
    const many = await openDataset(await makeTree(listImages({ a: 130, b: 120 })));
    const [one, three] = await Promise.all(
      [1, 3].map(async (threads) => readAll(await prepare(many, makeFolder(), { threads }))),
    );
    expect(three).toEqual(one);
  });

  test('progress counts every image', async () => {
    const seen: number[] = [];
    await prepare(await openDataset(await makeTree(SMALL)), makeFolder(), { listener: ({ done }) => seen.push(done) });
    expect(seen.at(-1)).toBe(20);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('asking for what is not there is an error', async () => {
    const cache = await prepare(await openDataset(await makeTree({ ...SMALL, 'a/bad.png': 'x' })), makeFolder());
    const target = new Uint8Array(1000);
    for (const index of [-1, 61, 0.5, Number.NaN, cache.broken[0]!.index])
      await expect(cache.read([index], target)).rejects.toThrow();
    await expect(cache.read([0, 1, 2, 3, 4, 5], target)).rejects.toThrow(/target holds 1000 bytes/);
    expect(cache.readable([0, cache.broken[0]!.index, 1])).toEqual(Int32Array.of(0, 1));
  });
});

describe('the cache', () => {
  test('is used again for the same images, wherever they lie', async () => {
    const cacheFolder = makeFolder();
    const folder = await makeTree(SMALL);
    const first = await prepare(await openDataset(folder), cacheFolder);
    const written = (await stat(first.path)).mtimeMs;
    let decoded = 0;
    const again = await prepare(await openDataset(await makeZip(SMALL)), cacheFolder, { listener: () => decoded++ });
    expect([again.path, decoded]).toEqual([first.path, 0]);
    expect((await stat(first.path)).mtimeMs).toBe(written);
    expect(files(cacheFolder)).toHaveLength(2);
  });

  test('is another one for another size or another image', async () => {
    const cacheFolder = makeFolder();
    const folder = await makeTree(SMALL);
    const first = await prepare(await openDataset(folder), cacheFolder);
    const larger = await prepare(await openDataset(folder), cacheFolder, { inputSize: 10 });
    expect(larger.path).not.toBe(first.path);
    await writeFile(join(folder, 'a', '0.png'), await makePng(9999));
    expect((await prepare(await openDataset(folder), cacheFolder)).path).not.toBe(first.path);
  });

  test('that was damaged is made again', async () => {
    const damages: [string, (pixels: string, index: string) => void | Promise<void>][] = [
      ['pixels cut short', (pixels) => truncateSync(pixels, 100)],
      ['pixels grown', (pixels) => writeFileSync(pixels, 'more', { flag: 'a' })],
      [
        'one bit of the pixels flipped',
        (pixels) => {
          const bytes = readFileSync(pixels);
          bytes[2000]! ^= 1;
          writeFileSync(pixels, bytes);
        },
      ],
      ['pixels gone', (pixels) => rm(pixels)],
      ['no index', (_, index) => rm(index)],
      ['an empty index', (_, index) => truncateSync(index, 0)],
      ['an index cut short', (_, index) => truncateSync(index, 50)],
      ['an index that is something else', (_, index) => writeFileSync(index, '[{"version":1}]')],
      [
        'an index of a newer version',
        (_, index) => writeFileSync(index, readFileSync(index, 'utf8').replace('"version":1', '"version":2')),
      ],
    ];
    const cacheFolder = makeFolder();
    const dataset = await openDataset(await makeTree(SMALL));
    const first = await preparePixels(dataset, { inputSize: SIZE, cacheFolder });
    const pixels = await readAll(first);
    await first.close();
    for (const [what, damage] of damages) {
      await damage(first.path, first.path.replace(/pixels$/, 'json'));
      let decoded = 0;
      const again = await preparePixels(dataset, { inputSize: SIZE, cacheFolder, listener: () => decoded++ });
      expect(await readAll(again), what).toEqual(pixels);
      expect(decoded, what).toBeGreaterThan(0);
      expect(files(cacheFolder), what).toHaveLength(2);
      await again.close();
    }
  });

  test('is not believed half made: the maker is killed, the next one starts anew and clears up', async () => {
    const cacheFolder = makeFolder();
    const folder = await makeTree(listImages({ a: 60, b: 60 }));
    const script = `
      const { writeSync } = await import('node:fs');
      const { openDataset, preparePixels } = await import(${JSON.stringify(resolve('electron/engine/data/index.ts'))});
      await preparePixels(await openDataset(${JSON.stringify(folder)}), {
        inputSize: ${SIZE}, cacheFolder: ${JSON.stringify(cacheFolder)}, listener() { writeSync(1, '.'); for (;;); } });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(files(cacheFolder).filter((name) => !name.endsWith('.tmp'))).toEqual([]);
    const cache = await prepare(await openDataset(folder), cacheFolder);
    expect(cache.count).toBe(120);
    expect(files(cacheFolder)).toHaveLength(2);
  });

  test('clears up after the dead, whatever they worked on, and leaves the work of the living', async () => {
    const name = (pid: number) => `.${'0'.repeat(32)}.${pid.toString(16).padStart(8, '0')}0000.tmp`;
    const [dead, living] = [name(0x7fffffff), name(process.ppid)];
    const cacheFolder = await makeTree({ [dead]: 'half', [living]: 'half' });
    await prepare(await openDataset(await makeTree(SMALL)), cacheFolder);
    expect(files(cacheFolder).filter((file) => file.endsWith('.tmp'))).toEqual([living]);
  });

  test('leaves nothing behind when it is stopped, and threads end', async () => {
    const cacheFolder = makeFolder();
    const dataset = await openDataset(await makeTree(listImages({ a: 100, b: 100 })));
    const stopper = new AbortController();
    const listener = () => stopper.abort(new Error('enough'));
    await expect(prepare(dataset, cacheFolder, { signal: stopper.signal, listener })).rejects.toThrow('enough');
    expect(files(cacheFolder)).toEqual([]);
    const before = new AbortController();
    before.abort(new Error('not even begun'));
    await expect(prepare(dataset, cacheFolder, { signal: before.signal })).rejects.toThrow('not even begun');
  });

  test('in a place that cannot be written is one clear sentence', async () => {
    const dataset = await openDataset(await makeTree(SMALL));
    const cacheFolder = join(await makeTree({ file: 'x' }), 'file', 'cache');
    await expect(prepare(dataset, cacheFolder)).rejects.toMatchObject({
      code: 'output.unwritable',
      message: expect.stringMatching(/part of the path is a file/),
    });
  });

  test('two at once do not disturb each other', async () => {
    const cacheFolder = makeFolder();
    const dataset = await openDataset(await makeTree(SMALL));
    const [first, second] = await Promise.all([prepare(dataset, cacheFolder), prepare(dataset, cacheFolder)]);
    expect(await readAll(first)).toEqual(await readAll(second));
    await setTimeout(0);
    expect(files(cacheFolder)).toHaveLength(2);
  });
});

describe('broken images', () => {
  test('are listed with their reasons and cost nothing else', async () => {
    const jpeg = await sharp(await makePng(1, 64))
      .jpeg()
      .toBuffer();
    const dataset = await openDataset(
      await makeTree({
        ...SMALL,
        'a/bomb.png': makePngHeader(50_000, 50_000),
        'a/cut.jpg': jpeg.subarray(0, jpeg.length - 40),
        'b/empty.png': '',
        'b/poem.jpg': 'roses are red',
      }),
    );
    const cache = await prepare(dataset, makeFolder());
    expect(cache.broken.map(({ path, reason }) => `${path} ${reason.split(' (')[0]}`)).toEqual([
      'a/bomb.png has more than 160 million pixels',
      'a/cut.jpg cannot be decoded',
      'b/empty.png is empty',
      'b/poem.jpg is not an image',
    ]);
    expect(cache.broken.every(({ index, path }) => dataset.images[index]!.path === path)).toBe(true);
  });

  test('a damaged entry of an archive is one of them', async () => {
    const patch = (bytes: Buffer) => {
      const start = bytes.indexOf('a/7.png') + 40;
      bytes.fill(0, start, start + 10);
      return bytes;
    };
    const cache = await prepare(await openDataset(await makeZip(SMALL, patch)), makeFolder());
    expect(cache.broken).toEqual([{ index: 7, path: 'a/7.png', reason: expect.stringMatching(/archive/) }]);
  });

  test('an entry that unpacks to more than it says is one of them', async () => {
    const lie = { 'a/lie.png': Buffer.alloc(3_000_000, 'x') };
    const patch = (bytes: Buffer) => {
      const at = bytes.lastIndexOf('a/lie.png') - 46;
      bytes.writeUInt32LE(1000, at + 24);
      return bytes;
    };
    const cache = await prepare(await openDataset(await makeZip({ ...SMALL, ...lie }, patch)), makeFolder());
    expect(cache.broken).toMatchObject([{ path: 'a/lie.png', reason: expect.stringMatching(/archive/) }]);
  });

  test('a class with nothing else is an error that names it, now and from the cache', async () => {
    const folder = await makeTree({ ...listImages({ a: 3, b: 3 }), 'c/1.jpg': 'text', 'c/2.jpg': '' });
    const cacheFolder = makeFolder();
    for (let round = 0; round < 2; round++)
      await expect(prepare(await openDataset(folder), cacheFolder)).rejects.toMatchObject({
        code: 'dataset.classes',
        message: expect.stringMatching(/No image of class "c" can be read \(c\/1\.jpg is not an image/),
      });
    expect(files(cacheFolder)).toEqual([]);
  });
});

describe('a file that cannot be read now', () => {
  test('ends the work, and nothing of it is kept: once it can be read the cache has all images', async () => {
    const folder = await makeTree(SMALL);
    const dataset = await openDataset(folder);
    await dataset.fingerprint();
    const path = join(folder, 'a', '5.png');
    await rename(path, `${path}.away`);
    const cacheFolder = makeFolder();
    await expect(prepare(dataset, cacheFolder)).rejects.toMatchObject({
      code: 'dataset.unreadable',
      message: `${path} cannot be read: it no longer exists; put it back, or read the dataset again.`,
    });
    expect(files(cacheFolder)).toEqual([]);
    await rename(`${path}.away`, path);
    expect((await prepare(dataset, cacheFolder)).broken).toEqual([]);
  });

  test('has no part in a fingerprint', async () => {
    const folder = await makeTree(SMALL);
    const dataset = await openDataset(folder);
    await rm(join(folder, 'a', '5.png'));
    await mkdir(join(folder, 'a', '5.png'));
    await expect(dataset.fingerprint()).rejects.toMatchObject({ code: 'dataset.unreadable' });
  });

  test('may be an archive', async () => {
    const path = await makeZip(SMALL);
    const dataset = await openDataset(path);
    await rm(path);
    const cacheFolder = makeFolder();
    await expect(prepare(dataset, cacheFolder)).rejects.toMatchObject({
      code: 'dataset.unreadable',
      message: expect.stringMatching(/set\.zip cannot be read: it no longer exists/),
    });
    expect(files(cacheFolder)).toEqual([]);
  });
});

test('a file that changes after its fingerprint was taken is refused, also where it is still an image', async () => {
  const folder = await makeTree(SMALL);
  const dataset = await openDataset(folder);
  await dataset.fingerprint();
  await writeFile(join(folder, 'b', '3.png'), await makePng(999));
  const cacheFolder = makeFolder();
  await expect(prepare(dataset, cacheFolder)).rejects.toMatchObject({
    code: 'dataset.changed',
    message: expect.stringMatching(/b.3\.png has changed since the dataset was read/),
  });
  expect(files(cacheFolder)).toEqual([]);
});

test('a folder of caches is made where it is missing', async () => {
  const folder = makeFolder();
  await mkdir(join(folder, 'x'));
  await copyFile(new URL(import.meta.url), join(folder, 'x', '.0123.0123456789ab.tmp'));
  const cacheFolder = join(folder, 'x', 'y', 'z');
  await prepare(await openDataset(await makeTree(SMALL)), cacheFolder);
  expect(files(cacheFolder)).toHaveLength(2);
  expect(files(join(folder, 'x'))).toHaveLength(2); // What is not ours is left alone.
});
