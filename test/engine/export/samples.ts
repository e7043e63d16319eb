import { Random } from '../../../electron/engine/core/random.ts';
import { NORMALIZATION } from '../../../electron/engine/data/normalization.ts';
import type { ExportRequest } from '../../../electron/engine/export/index.ts';
import type { LabelledBatch } from '../../../electron/engine/measure/index.ts';
import { type BuildOptions, buildNetwork, type Network } from '../../../electron/engine/model/index.ts';
import { drawWeights } from '../prune/random-network.ts';

/** A request to export a small network with drawn weights, statistics of batch norm included. */
export function drawRequest(options: Partial<BuildOptions> = {}, seed = 'request'): ExportRequest {
  const network = buildNetwork({ architecture: 'mobilenet-v2', width: 0.25, classes: 5, inputSize: 32, ...options });
  return requestOf(network, seed);
}

export function requestOf(network: Network, seed = 'request'): ExportRequest {
  const classes = Array.from({ length: network.classes }, (_, i) => `class ${i}`);
  return { network, weights: drawWeights(network, new Random(seed)), classes };
}

/** Random bytes as images for one network, `[size, height, width, 3]`. */
export function drawPixels(network: Network, size: number, seed = 'pixels'): Uint8Array {
  const random = new Random(seed);
  const [height, width] = network.inputSize;
  return Uint8Array.from({ length: size * height * width * 3 }, () => random.integer(256));
}

/** What training sees of bytes, written down on its own. */
export function normalize(pixels: Uint8Array): Float32Array {
  const { mean, std } = NORMALIZATION;
  return Float32Array.from(pixels, (value, i) => (value / 255 - mean[i % 3]!) / std[i % 3]!);
}

/** Batches of random images with random labels. */
export function drawBatches(network: Network, sizes: readonly number[], seed = 'batches'): LabelledBatch[] {
  const random = new Random(seed);
  let start = 0;
  return sizes.map((size, number) => {
    const indices = Int32Array.from({ length: size }, (_, i) => start + i);
    start += size;
    return {
      images: normalize(drawPixels(network, size, `${seed}-${number}`)),
      labels: Int32Array.from({ length: size }, () => random.integer(network.classes)),
      indices,
      size,
    };
  });
}
