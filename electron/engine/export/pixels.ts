import type { Preprocessing } from './exporter.ts';

/** Images as they come out of the decoder and as an exported file takes them. */
export interface PixelBatch {
  /** `[size, height, width, 3]`, RGB 0..255. */
  pixels: Uint8Array;
  labels: Int32Array;
  /** Where each image stands in its dataset. */
  indices: Int32Array;
  size: number;
}

/** Where decoded and resized images are read from; a pixel cache is one. */
export interface PixelSource {
  /** Height and width, pixels. */
  readonly inputSize: number;
  /** Label of every image of the dataset. */
  readonly labels: ArrayLike<number>;
  /** Fills `target` with the pixels of some images, `[indices, height, width, 3]`. */
  read(indices: Int32Array, target: Uint8Array): Promise<void>;
}

/** Reads images in order, without augmentation or normalization. The buffers of a batch are used again for the next. */
export async function* readPixelBatches(
  source: PixelSource,
  indices: Int32Array,
  { batch = 64 }: { batch?: number } = {},
): AsyncGenerator<PixelBatch> {
  const imageBytes = source.inputSize ** 2 * 3;
  const buffer = new Uint8Array(Math.min(batch, indices.length) * imageBytes);
  for (let start = 0; start < indices.length; start += batch) {
    const chosen = indices.slice(start, start + batch);
    const pixels = buffer.subarray(0, chosen.length * imageBytes);
    await source.read(chosen, pixels);
    const labels = Int32Array.from(chosen, (index) => source.labels[index]!);
    yield { pixels, labels, indices: chosen, size: chosen.length };
  }
}

/** Pixels 0..255 as the network was trained on them: (x / 255 - mean) / std for each channel. */
export function normalizePixels(pixels: Uint8Array, { mean, std }: Pick<Preprocessing, 'mean' | 'std'>): Float32Array {
  const images = new Float32Array(pixels.length);
  const channels = mean.length;
  for (let i = 0; i < pixels.length; i++) {
    const channel = i % channels;
    images[i] = (pixels[i]! / 255 - mean[channel]!) / std[channel]!;
  }
  return images;
}
