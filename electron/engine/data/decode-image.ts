import sharp from 'sharp';
import { DecantError } from '../core/errors.ts';
import { type ImageFormat, READ_FORMATS, sniffFormat } from './image-format.ts';
import { MAX_PIXELS } from './limits.ts';

export interface ImageFacts {
  format: ImageFormat;
  /** As it is shown: after the rotation that EXIF asks for. */
  width: number;
  height: number;
}

/**
 * What an image file says of itself, from its header alone.
 *
 * @throws DecantError `image.unreadable` with the reason alone as its message
 */
export async function readImageFacts(bytes: Uint8Array): Promise<ImageFacts> {
  const format = assertFormat(bytes);
  try {
    const { width, height, pageHeight, autoOrient } = await sharp(bytes, SAFE).metadata();
    if (!(width > 0 && height > 0)) throw new Error('its header states no size');
    if (width * (pageHeight ?? height) > MAX_PIXELS) throw new Error('exceeds pixel limit');
    return { format, width: autoOrient?.width ?? width, height: autoOrient?.height ?? height };
  } catch (error) {
    throw describeDecodeFailure(error);
  }
}

/**
 * Decodes an image into `[inputSize, inputSize, 3]` bytes of sRGB: turned as EXIF says, the first frame of an animation,
 * transparency laid on white, 16-bit, gray, palette and CMYK brought to 8-bit sRGB by the embedded profile. It is
 * scaled to cover the square and cut around its centre (Lanczos); an image of exactly that size is not resampled.
 *
 * @throws DecantError `image.unreadable` with the reason alone as its message
 */
export async function decodePixels(bytes: Uint8Array, inputSize: number): Promise<Uint8Array> {
  assertFormat(bytes);
  try {
    const { data, info } = await sharp(bytes, SAFE)
      .autoOrient()
      .resize(inputSize, inputSize, { fit: 'cover', position: 'centre', kernel: 'lanczos3' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3 || data.length !== inputSize * inputSize * 3)
      throw new Error(`it decodes to ${info.channels} channels`);
    return data;
  } catch (error) {
    throw describeDecodeFailure(error);
  }
}

/**
 * A square JPEG that shows an image as `decodePixels` cuts it: around its centre, turned as EXIF says, on white. It has
 * `size` pixels a side, fewer where the image has fewer.
 *
 * @throws DecantError `image.unreadable` with the reason alone as its message
 */
export async function makeThumbnail(bytes: Uint8Array, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = await readImageFacts(bytes);
  const side = Math.min(size, width, height);
  try {
    const jpeg = await sharp(bytes, SAFE)
      .autoOrient()
      .resize(side, side, { fit: 'cover', position: 'centre' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: THUMBNAIL_QUALITY })
      .toBuffer();
    return new Uint8Array(jpeg);
  } catch (error) {
    throw describeDecodeFailure(error);
  }
}

const THUMBNAIL_QUALITY = 82;

/** sharp is told to use the thread it is called from, keep nothing, and stop at damage but not at oddities. */
const SAFE = { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true, pages: 1 } as const;
sharp.concurrency(1);
sharp.cache(false);

function assertFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw new DecantError('image.unreadable', 'is empty (0 bytes)');
  const format = sniffFormat(bytes);
  if (format === null)
    throw new DecantError('image.unreadable', `is not an image (its content is none of ${READ_FORMATS.join(', ')})`);
  if ('unreadable' in format)
    throw new DecantError(
      'image.unreadable',
      `is ${format.unreadable}, which is not supported; convert it to PNG or JPEG`,
    );
  return format.readable;
}

function describeDecodeFailure(error: unknown): unknown {
  if (error instanceof DecantError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/out of memory|cannot allocate/i.test(message)) return error; // Says nothing of the image.
  const reason = /pixel limit/i.test(message)
    ? `has more than ${MAX_PIXELS / 1e6} million pixels`
    : `cannot be decoded (${(message.split('\n')[0] ?? '').replace(/^Input (buffer|file) (has|contains) /, '')})`;
  return new DecantError('image.unreadable', reason, {}, { cause: error });
}
