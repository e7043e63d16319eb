import { parseJpeg } from './parse-jpeg.ts';
import { type Plane, readScan } from './read-scan.ts';
import { upsample } from './upsample.ts';

/**
 * Decodes a plain baseline JPEG that has exactly the wanted size into `[size, size, 3]` bytes, to the bit as libjpeg does.
 * For small images this is some ten times as fast as asking a library made for large ones. Null for every other file and
 * for data with any fault: whoever asks lets the library decide.
 */
export function decodePlainJpeg(bytes: Uint8Array, size: number): Uint8Array | null {
  const header = parseJpeg(bytes);
  if (header === null || header.width !== size || header.height !== size) return null;
  const [luma, ...chroma] = header.components;
  const { across, down } = luma!; // Three components: parseJpeg has seen to it.
  const isKnown = (across === 1 && down === 1) || (across === 2 && (down === 1 || down === 2));
  if (!isKnown || chroma.some((component) => component.across !== 1 || component.down !== 1)) return null;
  if (across === 2 && size <= 4) return null; // libjpeg does not smooth maps of two samples.
  const planes = readScan(bytes, header);
  if (planes === null) return null;
  const [y, cb, cr] = planes.map(
    (plane, i) => (i === 0 || across === 1 ? plane : upsample(plane, size, down as 1 | 2)), // isKnown has seen to it.
  );
  return toRgb(y!, cb!, cr!, size);
}

/** YCbCr to RGB (ITU-R BT.601, full range) in 16-bit fixed point, as libjpeg rounds it. */
function toRgb(luma: Plane, blue: Plane, red: Plane, size: number): Uint8Array {
  const result = new Uint8Array(size * size * 3);
  let at = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++, at += 3) {
      const y = luma.samples[row * luma.stride + column]!;
      const cb = blue.samples[row * blue.stride + column]! - 128;
      const cr = red.samples[row * red.stride + column]! - 128;
      result[at] = clamp(y + ((91881 * cr + 32768) >> 16));
      result[at + 1] = clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
      result[at + 2] = clamp(y + ((116130 * cb + 32768) >> 16));
    }
  return result;
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
