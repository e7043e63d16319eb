/** How 8-bit integers stand for numbers: `scale · (integer - zeroPoint)`, integers from -128 to 127. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Pixels 0..255, exactly. */
export const PIXELS: Affine = { scale: 1, zeroPoint: -128 };

/** The finest integers that cover a range and zero, which has one exactly (Jacob et al. 2018). */
export function affineOf([min, max]: readonly [number, number]): Affine {
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  // Runtimes keep scales as 32-bit floats.
  const scale = Math.fround((high - low) / 255);
  if (!(scale > 0)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.max(-128, Math.min(127, Math.round(-128 - low / scale))) };
}

/** The smallest and largest number that an integer stands for. */
export function rangeOf({ scale, zeroPoint }: Affine): [min: number, max: number] {
  return [scale * (-128 - zeroPoint), scale * (127 - zeroPoint)];
}

/** Integers for the same numbers, each of at least as much. */
export function coarsen(affine: Affine, finest: number): Affine {
  const scale = Math.fround(finest);
  if (affine.scale >= scale) return affine;
  const [low] = rangeOf(affine);
  return { scale, zeroPoint: Math.max(-128, Math.min(127, Math.round(-128 - low / scale))) };
}
