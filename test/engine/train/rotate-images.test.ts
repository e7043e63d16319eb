import { expect, test } from 'vitest';
import { rotateImages } from '../../../electron/engine/train/rotate-images.ts';

/** Images of one number a pixel, in all three channels alike. */
const draw = (pixels: number[]) => Float32Array.from(pixels.flatMap((pixel) => [pixel, 10 + pixel, 20 + pixel]));
const images = draw([1, 2, 3, 4, 5, 6, 7, 8]);

test.each([
  [1, [2, 4, 1, 3, 6, 8, 5, 7]],
  [2, [4, 3, 2, 1, 8, 7, 6, 5]],
  [3, [3, 1, 4, 2, 7, 5, 8, 6]],
] as const)('turns each of several images by %i quarters against the clock', (quarters, pixels) => {
  expect(rotateImages(images, { size: 2, side: 2, quarters })).toEqual(draw([...pixels]));
});

test('four quarters are none', () => {
  const drawn = Float32Array.from({ length: 2 * 5 * 5 * 3 }, (_, i) => i);
  const by = (from: Float32Array, quarters: 1 | 2 | 3) => rotateImages(from, { size: 2, side: 5, quarters });
  expect(by(by(drawn, 1), 3)).toEqual(drawn);
  expect(by(by(drawn, 2), 2)).toEqual(drawn);
  expect(by(by(drawn, 1), 1)).toEqual(by(drawn, 2));
});
