/** Stops of matplotlib's "inferno" (van der Walt and Smith, CC0), which is even in lightness, so it also works in grey. */
const STOPS: readonly (readonly [red: number, green: number, blue: number])[] = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];

/** The colour of a value from 0 to 1. */
export function colorAttention(share: number): [red: number, green: number, blue: number] {
  const place = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(place));
  const [from, to] = [STOPS[below]!, STOPS[below + 1]!];
  const mix = (i: 0 | 1 | 2): number => Math.round(from[i] + (place - below) * (to[i] - from[i]));
  return [mix(0), mix(1), mix(2)];
}

/**
 * Paints a map of `height` rows of `width` values from 0 to 1 as `side` × `side` RGBA pixels, for a canvas over the image.
 * Values are interpolated between the centres of cells, as the networks resize images; stronger ones are more opaque.
 */
export function paintAttention(
  { width, height, values }: { width: number; height: number; values: readonly number[] },
  side: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const share = sample(values, width, height, ((x + 0.5) * width) / side - 0.5, ((y + 0.5) * height) / side - 0.5);
      pixels.set([...colorAttention(share), Math.round(255 * (0.25 + 0.6 * share))], 4 * (y * side + x));
    }
  return pixels;
}

/** Bilinear interpolation with repeated edges. */
function sample(values: readonly number[], width: number, height: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const read = (column: number, row: number): number =>
    values[Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))] ?? 0;
  const upper = read(left, top) * (left + 1 - x) + read(left + 1, top) * (x - left);
  const lower = read(left, top + 1) * (left + 1 - x) + read(left + 1, top + 1) * (x - left);
  return upper * (top + 1 - y) + lower * (y - top);
}
