import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it, onTestFinished } from 'vitest';
import { decodePixels, ImageFiles, makeThumbnail, openDataset } from '../../../electron/engine/data/index.ts';
import { listImages, makePng, makePngHeader, makeTree, makeZip } from './make-images.ts';

async function openFiles(path: string) {
  const dataset = await openDataset(path);
  const files = new ImageFiles(dataset);
  onTestFinished(() => files.close());
  return { dataset, files };
}

it('reads the same bytes by the same index, from a folder and from a zip of it', async () => {
  const tree = listImages({ cats: 3, dogs: 2 });
  const folder = await openFiles(await makeTree(tree));
  const zip = await openFiles(await makeZip(tree));
  for (const index of folder.dataset.images.keys()) {
    const read = ({ files }: typeof folder) => files.read(index, async (bytes) => Buffer.from(bytes).toString('hex'));
    expect(await read(zip)).toBe(await read(folder));
    expect(await read(folder)).toBe((await makePng(tree[folder.dataset.images[index]!.path]!)).toString('hex'));
  }
});

it('says which image cannot be shown, and why', async () => {
  const root = await makeTree({ ...listImages({ cats: 2, dogs: 2 }), 'cats/2.jpg': 'no image', 'dogs/9.png': '' });
  const { dataset, files } = await openFiles(root);
  const show = (path: string) =>
    files.read(
      dataset.images.findIndex((image) => image.path === path),
      (bytes) => makeThumbnail(bytes, 32),
    );
  await rm(join(root, 'cats/0.png'));
  await expect(show('cats/2.jpg')).rejects.toMatchObject({
    code: 'image.unreadable',
    message: expect.stringMatching(/^The image cats\/2\.jpg of .* cannot be shown: is not an image/),
  });
  await expect(show('dogs/9.png')).rejects.toThrow(/is empty \(0 bytes\)/);
  await expect(show('cats/0.png')).rejects.toThrow(/it no longer exists/);
  for (const index of [-1, 6, 0.5])
    await expect(files.read(index, async () => 0)).rejects.toThrow(`no image ${index}, only those from 0 to 5`);
});

it('passes on what the work throws of its own', async () => {
  const { files } = await openFiles(await makeTree(listImages({ cats: 2, dogs: 2 })));
  await expect(files.read(0, () => Promise.reject(new RangeError('mine')))).rejects.toThrow(RangeError);
});

/** Left half red, right half blue. */
async function makeHalves(width: number, height: number) {
  const red = { r: 255, g: 0, b: 0 };
  const left = await sharp({ create: { width: width / 2, height, channels: 3, background: red } })
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 3, background: { r: 0, g: 0, b: 255 } } }).composite([
    { input: left, left: 0, top: 0 },
  ]);
}

async function readPixels(jpeg: Uint8Array) {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  return { ...info, at };
}

it('makes square JPEGs that show what networks see', async () => {
  const wide = await (await makeHalves(200, 80)).png().toBuffer();
  const jpeg = await makeThumbnail(wide, 64);
  expect((await sharp(jpeg).metadata()).format).toBe('jpeg');
  const { width, height, channels, at } = await readPixels(jpeg);
  expect([width, height, channels]).toEqual([64, 64, 3]);
  const expected = await decodePixels(wide, 64);
  for (const [x, y] of [
    [5, 5],
    [58, 60],
    [20, 31],
  ] as const)
    for (const [channel, value] of at(x, y).entries())
      expect(Math.abs(value - expected[(y * 64 + x) * 3 + channel]!)).toBeLessThan(12);
});

it('turns them as EXIF says, lays transparency on white and does not blow small ones up', async () => {
  // Turned by a quarter to the right, left is up.
  const turned = await (await makeHalves(100, 100)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { at } = await readPixels(await makeThumbnail(turned, 50));
  const [above, below] = [at(25, 5), at(25, 45)];
  expect(above[0]).toBeGreaterThan(200);
  expect(below[2]).toBeGreaterThan(200);

  const clear = await sharp({
    create: { width: 24, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer();
  const small = await readPixels(await makeThumbnail(clear, 256));
  expect([small.width, small.height]).toEqual([24, 24]);
  expect(Math.min(...small.at(12, 12))).toBeGreaterThan(250);
});

it('refuses bombs by their header', async () => {
  await expect(makeThumbnail(makePngHeader(50_000, 50_000), 64)).rejects.toMatchObject({
    code: 'image.unreadable',
    message: expect.stringMatching(/million pixels/),
  });
});
