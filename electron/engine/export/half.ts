import { DecantError } from '../core/errors.ts';

/** Largest finite number in 16 bits (IEEE 754 binary16). */
export const LARGEST_HALF = 65504;
const bits = new DataView(new ArrayBuffer(4));

/**
 * Numbers in 16 bits each (IEEE 754 binary16), rounded to nearest, ties to even.
 *
 * @throws DecantError `export.mismatch` for a number that is not finite or too large for 16 bits
 */
export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    // From 65520 on, the nearest is infinite.
    if (!(Math.abs(value) < LARGEST_HALF + 16))
      throw new DecantError(
        'export.mismatch',
        `A weight of ${value} cannot be stored in 16 bits, whose largest number is ${LARGEST_HALF}; export in fp32.`,
        { value },
      );
    return encode(value);
  });
}

/** The numbers that 16 bits each stand for. */
export function fromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

function encode(value: number): number {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(value) * 2 ** 24); // Below 2^-14: subnormal.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
