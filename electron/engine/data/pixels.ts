import { NORMALIZATION } from './normalization.ts';

/**
 * The RGB bytes that normalized images were made of: what an exported file is fed, so that its own preprocessing takes
 * part in every comparison. Exact for images without augmentation.
 *
 * @param images `[size, height, width, 3]`, (x / 255 - mean) / std
 * @throws RangeError for images that were not made of bytes, such as augmented ones
 */
export function restorePixels(images: Float32Array): Uint8Array {
  const { mean, std } = NORMALIZATION;
  const pixels = new Uint8Array(images.length);
  for (let i = 0; i < images.length; i++) {
    const channel = i % 3;
    const value = 255 * (images[i]! * std[channel]! + mean[channel]!);
    const pixel = Math.round(value);
    if (!(Math.abs(value - pixel) < 0.01 && pixel >= 0 && pixel <= 255))
      throw new RangeError(
        `Number ${i} of the images stands for ${value}, not for a byte; compare on images as they are.`,
      );
    pixels[i] = pixel;
  }
  return pixels;
}

/** The RGB bytes nearest to normalized images, whatever augmentation made of them. */
export function roundPixels(images: Float32Array): Uint8Array {
  const { mean, std } = NORMALIZATION;
  const pixels = Uint8ClampedArray.from(images, (value, i) => 255 * (value * std[i % 3]! + mean[i % 3]!));
  return new Uint8Array(pixels.buffer);
}
