import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { drawPicture } from '../../../electron/engine/data/draw/draw-picture.ts';
import { DRAWN_CLASSES } from '../../../electron/engine/data/draw/drawn-classes.ts';
import { decodePlainJpeg } from '../../../electron/engine/data/jpeg/decode-jpeg.ts';

/** Pixels as libjpeg has them; null where it finds a fault. */
const decodeBySharp = async (bytes: Uint8Array) => {
  try {
    return await sharp(bytes, { failOn: 'error' }).raw().toBuffer();
  } catch {
    return null;
  }
};

function draw(size: number, kind: 'picture' | 'noise', random: Random) {
  const pixels =
    kind === 'picture'
      ? drawPicture(DRAWN_CLASSES[random.integer(10)]!, size, random)
      : Uint8Array.from({ length: size * size * 3 }, () => random.integer(256));
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
}

describe('decodePlainJpeg', () => {
  it.each(['4:2:0', '4:4:4'])(
    'gives the very bytes of libjpeg at %s, any size and quality',
    async (chromaSubsampling) => {
      for (const size of [5, 8, 16, 17, 32, 47, 64])
        for (const quality of [5, 50, 90, 100])
          for (const kind of ['picture', 'noise'] as const) {
            const image = draw(size, kind, new Random(`${size} ${quality}`));
            const bytes = await image.jpeg({ quality, chromaSubsampling, optimizeCoding: quality > 50 }).toBuffer();
            const name = `${kind} ${size} ${quality}`;
            expect([name, Buffer.from(decodePlainJpeg(bytes, size) ?? [])]).toEqual([name, await decodeBySharp(bytes)]);
          }
    },
  );

  it('does so where colour is halved across only', async () => {
    const bytes = readFileSync(new URL('../../fixtures/jpeg/across-only.jpg', import.meta.url));
    expect(Buffer.from(decodePlainJpeg(bytes, 17) ?? [])).toEqual(await decodeBySharp(bytes));
  });

  it('leaves to the library what is not plain', async () => {
    const image = draw(16, 'picture', new Random(1));
    const plain = await image.clone().jpeg().toBuffer();
    expect(decodePlainJpeg(plain, 16)).not.toBeNull();
    expect(decodePlainJpeg(plain, 17)).toBeNull();
    const others = {
      progressive: image.clone().jpeg({ progressive: true }),
      rotated: image.clone().withMetadata({ orientation: 6 }).jpeg(),
      profile: image.clone().withIccProfile('p3').jpeg(),
      gray: image.clone().toColourspace('b-w').jpeg(),
      cmyk: image.clone().toColourspace('cmyk').jpeg(),
      png: image.clone().png(),
    };
    for (const [name, other] of Object.entries(others))
      expect([name, decodePlainJpeg(await other.toBuffer(), 16)]).toEqual([name, null]);
  });

  it('of damaged data gives nothing, or what the library gives', async () => {
    const random = new Random(7);
    const whole = await draw(24, 'picture', random).jpeg({ quality: 60 }).toBuffer();
    let decoded = 0;
    for (let trial = 0; trial < 400; trial++) {
      const bytes = Buffer.from(whole);
      const at = random.integer(bytes.length);
      bytes.writeUInt8(bytes[at]! ^ (1 << random.integer(8)), at);
      const ours = decodePlainJpeg(bytes, 24);
      if (!ours) continue;
      decoded++;
      expect([trial, Buffer.from(ours)]).toEqual([trial, await decodeBySharp(bytes)]);
    }
    expect(decoded).toBeGreaterThan(50);
    for (let length = 0; length < whole.length; length++)
      expect(decodePlainJpeg(whole.subarray(0, length), 24)).toBeNull();
  });
});
