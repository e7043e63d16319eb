import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import { decodePixels } from '../../../electron/engine/data/decode-image.ts';
import { drawPicture } from '../../../electron/engine/data/draw/draw-picture.ts';
import { DRAWN_CLASSES } from '../../../electron/engine/data/draw/drawn-classes.ts';
import { describeLook, Looks } from '../../../electron/engine/data/look.ts';

const SIZE = 128;
const draw = (number: number) =>
  drawPicture(DRAWN_CLASSES[number % DRAWN_CLASSES.length]!, SIZE, new Random(1).fork('look', number));
const raw = (pixels: Uint8Array) => sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } });
const lookAt = async (bytes: Buffer, size = 32) => describeLook(await decodePixels(bytes, size), size);

async function pairsOf(originals: Buffer[], others: Buffer[]) {
  const looks = new Looks(originals.length + others.length);
  for (const [index, bytes] of [...originals, ...others].entries()) looks.set(index, await lookAt(bytes));
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  return [...looks.pairs(range(0, originals.length), range(originals.length, originals.length + others.length))];
}

describe('pictures that look the same', () => {
  test('are found when they were scaled or compressed once more, and no others', async () => {
    const count = 60;
    const originals = await Promise.all(Array.from({ length: count }, (_, i) => raw(draw(i)).png().toBuffer()));
    const small = await Promise.all(
      Array.from({ length: count }, (_, i) => raw(draw(i)).resize(90, 90).jpeg({ quality: 70 }).toBuffer()),
    );
    const found = await pairsOf(originals, small);
    expect(found.filter(([a, b]) => a === b - count).length).toBeGreaterThanOrEqual(0.95 * count);
    expect(found.filter(([a, b]) => a !== b - count)).toEqual([]);
  });

  test('are not those with other colours, mirrored, or plain', async () => {
    const original = await raw(draw(3)).png().toBuffer();
    const turned = await raw(draw(3)).modulate({ hue: 120 }).png().toBuffer();
    const mirrored = await raw(draw(3)).flop().png().toBuffer();
    expect(await pairsOf([original], [turned, mirrored])).toEqual([]);
    const plain = sharp({ create: { width: 40, height: 40, channels: 3, background: '#777777' } });
    expect(await lookAt(await plain.png().toBuffer())).toBeNull();
  });

  test('can be told from pixels of any size', async () => {
    const looks = new Looks(2);
    const bytes = await raw(draw(5)).png().toBuffer();
    looks.set(0, await lookAt(bytes, 32));
    looks.set(1, await lookAt(bytes, 96));
    expect([...looks.pairs([0], [1])]).toEqual([[0, 1]]);
    expect(describeLook(new Uint8Array(3), 1)).toBeNull();
  });
});
