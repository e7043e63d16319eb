/** What every network here is fed: `(value / 255 - mean) / std` for red, green, blue, as in ImageNet training. */
export const NORMALIZATION = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** Of each channel: what is multiplied with, and what is added then. */
export interface ChannelScaling {
  readonly factors: readonly number[];
  readonly shifts: readonly number[];
}

/** Normalizes values of red, green, blue in [0, 255]. */
export const NORMALIZE: ChannelScaling = {
  factors: NORMALIZATION.std.map((std) => 1 / (255 * std)),
  shifts: NORMALIZATION.mean.map((mean, c) => -mean / NORMALIZATION.std[c]!),
};

/** Undoes normalization: brings values back to [0, white]. */
export function undoNormalization(white: number): ChannelScaling {
  const scale = (values: readonly number[]) => values.map((value) => white * value);
  return { factors: scale(NORMALIZATION.std), shifts: scale(NORMALIZATION.mean) };
}

/** Bytes `[..., 3]` of red, green, blue as networks are fed them: the very numbers that batches hold. */
export function normalizePixels(pixels: Uint8Array): Float32Array {
  const target = new Float32Array(pixels.length);
  normalizeInto(target, 0, Float32Array.from(pixels));
  return target;
}

/** Writes interleaved red, green, blue values in [0, 255], normalized. */
export function normalizeInto(target: Float32Array, offset: number, pixels: Float32Array): void {
  const { factors, shifts } = NORMALIZE;
  const [scaleR, scaleG, scaleB] = factors as [number, number, number];
  const [biasR, biasG, biasB] = shifts as [number, number, number];
  for (let i = 0; i < pixels.length; i += 3) {
    target[offset + i] = pixels[i]! * scaleR + biasR;
    target[offset + i + 1] = pixels[i + 1]! * scaleG + biasG;
    target[offset + i + 2] = pixels[i + 2]! * scaleB + biasB;
  }
}

/**
 * The RGB bytes that normalized images were made of: what an exported file is fed, so that its own preprocessing takes
 * part in every comparison. Exact for images without augmentation.
 *
 * @param images `[size, height, width, 3]`, (x / 255 - mean) / std
 * @throws RangeError for images that were not made of bytes, such as augmented ones
 */
export function restorePixels(images: Float32Array): Uint8Array {
  const pixels = roundPixels(images);
  const { factors, shifts } = BYTES;
  for (const [i, pixel] of pixels.entries()) {
    const value = images[i]! * factors[i % 3]! + shifts[i % 3]!;
    if (!(Math.abs(value - pixel) < 0.01))
      throw new RangeError(
        `Value ${i} of the images stands for ${value}, which is not a byte; compare on images without augmentation.`,
      );
  }
  return pixels;
}

/** The RGB bytes nearest to normalized images, whatever augmentation made of them. */
export function roundPixels(images: Float32Array): Uint8Array {
  const { factors, shifts } = BYTES;
  const pixels = Uint8ClampedArray.from(images, (value, i) => value * factors[i % 3]! + shifts[i % 3]!);
  return new Uint8Array(pixels.buffer);
}

const BYTES = undoNormalization(255);
