import { undoNormalization } from '../../data/normalization.ts';

/** How a network wants its images. */
export interface ImagePreparation {
  /** `[height, width]`; images of another size are scaled (bilinear). */
  readonly size: readonly [number, number];
  readonly layout: 'NCHW' | 'NHWC';
  /** What white is: 1 or 255, before mean and deviation. */
  readonly white: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Images as another network wants them.
 *
 * @param images `[count, height, width, 3]`, normalized as Decant does
 * @returns `[count, 3, …]` or `[count, …, 3]`
 */
export function prepareImages(
  images: Float32Array,
  { count, size: [height, width] }: { count: number; size: readonly [number, number] },
  { size: [toHeight, toWidth], layout, white, mean, std }: ImagePreparation,
): Float32Array {
  const { factors, shifts } = undoNormalization(white);
  const area = toHeight * toWidth;
  const result = new Float32Array(count * area * 3);
  const rows = listSamples(height, toHeight);
  const columns = listSamples(width, toWidth);
  for (let image = 0; image < count; image++)
    for (let channel = 0; channel < 3; channel++) {
      const factor = factors[channel]! / std[channel]!;
      const shift = (shifts[channel]! - mean[channel]!) / std[channel]!;
      const at = (y: number, x: number) => images[((image * height + y) * width + x) * 3 + channel]!;
      for (const [y, row] of rows.entries())
        for (const [x, column] of columns.entries()) {
          const top = mix(at(row.from, column.from), at(row.from, column.to), column.share);
          const bottom = mix(at(row.to, column.from), at(row.to, column.to), column.share);
          const pixel = y * toWidth + x;
          const index = layout === 'NCHW' ? (image * 3 + channel) * area + pixel : (image * area + pixel) * 3 + channel;
          result[index] = mix(top, bottom, row.share) * factor + shift;
        }
    }
  return result;
}

interface Sample {
  readonly from: number;
  readonly to: number;
  /** Of `to`. */
  readonly share: number;
}

/** Between which pixels each pixel of the other size lies, centres of pixels at halves. */
function listSamples(length: number, wanted: number): Sample[] {
  return Array.from({ length: wanted }, (_, i) => {
    const at = Math.max(0, Math.min(length - 1, ((i + 0.5) * length) / wanted - 0.5));
    const from = Math.floor(at);
    return { from, to: Math.min(length - 1, from + 1), share: at - from };
  });
}

function mix(a: number, b: number, share: number): number {
  return share === 0 ? a : a + (b - a) * share;
}
