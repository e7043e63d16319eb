import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { decodePixels, readImageFacts } from '../../../electron/engine/data/decode-image.ts';
import { makePngHeader } from './make-images.ts';

const SIZE = 8;
const COLOR = { r: 200, g: 100, b: 50 };

function makeFlat(channels: 3 | 4 = 3, alpha = 1) {
  return sharp({ create: { width: 16, height: 16, channels, background: { ...COLOR, alpha } } });
}

/** Mean of red, green and blue. */
async function decodeMean(bytes: Uint8Array): Promise<number[]> {
  const pixels = await decodePixels(bytes, SIZE);
  expect(pixels).toHaveLength(SIZE * SIZE * 3);
  return [0, 1, 2].map((c) => pixels.reduce((sum, value, i) => sum + (i % 3 === c ? value : 0), 0) / (SIZE * SIZE));
}

function expectNear(found: number[], wanted: number[], tolerance: number): void {
  for (const [c, value] of found.entries()) expect(Math.abs(value - wanted[c]!)).toBeLessThanOrEqual(tolerance);
}

describe('every kind of image becomes sRGB bytes', () => {
  test.each<[string, () => Promise<Buffer>, number[], number]>([
    ['JPEG', () => makeFlat().jpeg({ quality: 95 }).toBuffer(), [200, 100, 50], 2],
    ['progressive JPEG', () => makeFlat().jpeg({ progressive: true, quality: 95 }).toBuffer(), [200, 100, 50], 2],
    ['PNG', () => makeFlat().png().toBuffer(), [200, 100, 50], 0],
    ['palette PNG', () => makeFlat().png({ palette: true }).toBuffer(), [200, 100, 50], 1],
    ['16-bit PNG', () => makeFlat().toColourspace('rgb16').png().toBuffer(), [200, 100, 50], 1],
    ['16-bit gray PNG', () => makeFlat().toColourspace('grey16').png().toBuffer(), [124, 124, 124], 4],
    ['1-bit PNG', () => makeFlat().threshold(1).png({ palette: true, colours: 2 }).toBuffer(), [255, 255, 255], 0],
    ['gray JPEG', () => makeFlat().grayscale().jpeg().toBuffer(), [124, 124, 124], 4],
    ['CMYK JPEG', () => makeFlat().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), [200, 100, 50], 30],
    ['WebP', () => makeFlat().webp({ lossless: true }).toBuffer(), [200, 100, 50], 0],
    ['GIF', () => makeFlat().gif().toBuffer(), [200, 100, 50], 4],
    ['half transparent PNG', () => makeFlat(4, 0.5).png().toBuffer(), [228, 178, 153], 2],
    ['wholly transparent WebP', () => makeFlat(4, 0).webp({ lossless: true }).toBuffer(), [255, 255, 255], 0],
  ])('%s', async (_, make, wanted, tolerance) => {
    expectNear(await decodeMean(await make()), wanted, tolerance);
  });

  test.each(['gif', 'webp'] as const)('the first frame of an animated %s', async (format) => {
    const frame = (value: number) => Buffer.alloc(16 * 16 * 3, value);
    const frames = Buffer.concat([frame(10), frame(250), frame(120)]);
    const animated = await sharp(frames, { raw: { width: 16, height: 48, channels: 3, pageHeight: 16 } })
      [format]({ ...(format === 'webp' ? { lossless: true } : {}), loop: 0, delay: [10, 10, 10] } as object)
      .toBuffer();
    expect((await sharp(animated).metadata()).pages).toBe(3);
    expectNear(await decodeMean(animated), [10, 10, 10], 4);
    expect(await readImageFacts(animated)).toMatchObject({ width: 16, height: 16 });
  });
});

describe('geometry', () => {
  const gradient = Buffer.from(Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i * 37) % 256));
  const raw = { raw: { width: SIZE, height: SIZE, channels: 3 } } as const;

  test('an image of the size that is asked for is not resampled', async () => {
    const pixels = await decodePixels(await sharp(gradient, raw).png().toBuffer(), SIZE);
    expect(Buffer.from(pixels).equals(gradient)).toBe(true);
  });

  test('EXIF orientation is followed', async () => {
    const png = await sharp(gradient, raw).png().toBuffer();
    const turned = await sharp(png).withMetadata({ orientation: 6 }).png().toBuffer();
    const expected = await sharp(png).rotate(90).removeAlpha().raw().toBuffer();
    expect(Buffer.from(await decodePixels(turned, SIZE)).equals(expected)).toBe(true);
  });

  test('facts state the size after turning', async () => {
    const image = sharp({ create: { width: 30, height: 20, channels: 3, background: COLOR } });
    const bytes = await image.withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await readImageFacts(bytes)).toEqual({ format: 'jpeg', width: 20, height: 30 });
  });

  test('a wide image is cut around its centre', async () => {
    const thirds = Buffer.alloc(24 * SIZE * 3);
    for (let i = 0; i < thirds.length; i += 3) thirds[i + (Math.floor(i / 3 / 8) % 3)] = 255;
    const wide = await sharp(thirds, { raw: { width: 24, height: SIZE, channels: 3 } })
      .png()
      .toBuffer();
    expectNear(await decodeMean(wide), [0, 255, 0], 1);
  });

  test('a single pixel is blown up', async () => {
    const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: COLOR } })
      .png()
      .toBuffer();
    expectNear(await decodeMean(pixel), [200, 100, 50], 0);
  });
});

describe('broken images give a reason', () => {
  const random = new Random(1);
  const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, () => random.integer(256)));
  const jpeg = () =>
    sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
  const png = () =>
    sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();

  test.each<[string, () => Promise<Buffer> | Buffer, RegExp]>([
    ['no bytes', () => Buffer.alloc(0), /^is empty/],
    ['text', () => Buffer.from('this is a poem and no picture'), /^is not an image/],
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /^is not an image/],
    [
      'a BMP',
      () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
      /^is BMP, which is not supported; convert it/,
    ],
    ['a TIFF', () => makeFlat().tiff().toBuffer(), /^is TIFF, .*convert it/],
    ['an AVIF', () => Buffer.from('\0\0\0\x1cftypavif\0\0\0\0avif', 'latin1'), /^is AVIF, .*convert it/],
    ['a JPEG cut in half', async () => (await jpeg()).subarray(0, 1500), /^cannot be decoded/],
    ['a JPEG cut to its first bytes', async () => (await jpeg()).subarray(0, 20), /^cannot be decoded/],
    ['a PNG cut in half', async () => (await png()).subarray(0, 4000), /^cannot be decoded/],
    ['a PNG of 50,000 x 50,000', () => makePngHeader(50_000, 50_000), /^has more than 160 million pixels/],
    ['a PNG of 2 billion x 2 billion', () => makePngHeader(2 ** 31 - 1, 2 ** 31 - 1), /^(has more|cannot be decoded)/],
    ['a PNG without width', () => makePngHeader(0, 10), /^cannot be decoded/],
  ])('%s', async (_, make, reason) => {
    const expected = { code: 'image.unreadable', message: expect.stringMatching(reason) };
    await expect(decodePixels(await make(), SIZE)).rejects.toMatchObject(expected);
  });

  test('reasons are one line', async () => {
    for (const bytes of [(await jpeg()).subarray(0, 900), (await png()).subarray(0, 900)])
      await expect(decodePixels(bytes, SIZE)).rejects.toMatchObject({ message: expect.stringMatching(/^.{5,160}$/) });
  });
});
