import type { Plane } from './read-scan.ts';

/**
 * Brings a component of half the width, and of half the height where `down` is 2, to full size with the triangle filter
 * of the Independent JPEG Group ("fancy upsampling"), 3/4 of the nearer sample and 1/4 of the farther, with its rounding.
 *
 * @param size height and width of the picture
 */
export function upsample({ samples, stride }: Plane, size: number, down: 1 | 2): Plane {
  const width = Math.ceil(size / 2);
  const height = down === 2 ? width : size;
  // Room for an odd size's last pair.
  const result = new Uint8Array(size * 2 * width);
  const row = new Int32Array(width);
  for (let y = 0; y < size; y++) {
    const near = (down === 2 ? y >> 1 : y) * stride;
    if (down === 1) for (let x = 0; x < width; x++) row[x] = samples[near + x]!;
    else {
      const neighbour = y % 2 === 0 ? (y >> 1) - 1 : (y >> 1) + 1;
      const far = Math.min(height - 1, Math.max(0, neighbour)) * stride;
      for (let x = 0; x < width; x++) row[x] = 3 * samples[near + x]! + samples[far + x]!;
    }
    widen(row, result, y * 2 * width, down === 2 ? FROM_FOURS : FROM_ONES);
  }
  return { samples: result, stride: 2 * width };
}

/** How the pixels of a row are rounded. */
interface Rounding {
  /** Added to a pixel that leans to the left, and to one that leans to the right. */
  readonly left: number;
  readonly right: number;
  readonly shift: number;
  /** The same for the outermost two, which have one neighbour. */
  readonly first: number;
  readonly last: number;
  readonly factor: number;
  readonly endShift: number;
}
const FROM_ONES: Rounding = { left: 1, right: 2, shift: 2, first: 0, last: 0, factor: 1, endShift: 0 };
const FROM_FOURS: Rounding = { left: 8, right: 7, shift: 4, first: 8, last: 7, factor: 4, endShift: 4 };

/** Doubles a row's width. */
function widen(row: Int32Array, target: Uint8Array, offset: number, rounding: Rounding): void {
  const { left, right, shift, first, last, factor, endShift } = rounding;
  const end = row.length - 1;
  target[offset] = (row[0]! * factor + first) >> endShift;
  for (let x = 0; x < end; x++) {
    target[offset + 2 * x + 1] = (3 * row[x]! + row[x + 1]! + right) >> shift;
    target[offset + 2 * x + 2] = (3 * row[x + 1]! + row[x]! + left) >> shift;
  }
  target[offset + 2 * end + 1] = (row[end]! * factor + last) >> endShift;
}
