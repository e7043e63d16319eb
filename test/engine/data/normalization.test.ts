import { describe, expect, it } from 'vitest';
import {
  NORMALIZATION,
  normalizePixels,
  restorePixels,
  roundPixels,
  undoNormalization,
} from '../../../electron/engine/data/normalization.ts';

/** Every byte in every channel. */
const pixels = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));
const { mean, std } = NORMALIZATION;

describe('normalization', () => {
  it('is (x / 255 - mean) / std of each channel', () => {
    for (const [i, value] of normalizePixels(pixels).entries())
      expect(value).toBeCloseTo((pixels[i]! / 255 - mean[i % 3]!) / std[i % 3]!, 5);
  });

  it('is undone exactly for images made of bytes, and no others', () => {
    const images = normalizePixels(pixels);
    expect(restorePixels(images)).toEqual(pixels);
    expect(() => restorePixels(images.map((value) => value + 0.001))).toThrow(RangeError);
    expect(() => restorePixels(Float32Array.of(-3, 0, 0))).toThrow(/Value 0 of the images/);
  });

  it('is undone to the nearest byte for all others', () => {
    const images = normalizePixels(pixels);
    expect(roundPixels(images.map((value) => value + 0.3 / (255 * 0.23)))).toEqual(pixels);
    expect([...roundPixels(Float32Array.of(-9, 9, 0))]).toEqual([0, 255, Math.round(255 * mean[2])]);
  });

  it('is undone to other whites', () => {
    const { factors, shifts } = undoNormalization(1);
    for (const c of [0, 1, 2]) expect(((0.25 - mean[c]!) / std[c]!) * factors[c]! + shifts[c]!).toBeCloseTo(0.25, 12);
  });
});
