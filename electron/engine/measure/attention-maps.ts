import * as tf from '@tensorflow/tfjs-core';
import type { InferenceNetwork } from '../model/index.ts';

/** Where a network looks in one image, by one of its feature maps. */
export interface AttentionMap {
  /** Name of the node. */
  tap: string;
  height: number;
  width: number;
  /** `[height, width]`, from 0 to 1. */
  values: Float32Array;
}

/**
 * Activation-based attention maps of one image (Zagoruyko & Komodakis 2017, F²): the mean over channels of the squared
 * feature, each map scaled to reach from 0 to 1; all 0 where it is the same everywhere. Leaves no tensors behind.
 *
 * @param image `[height, width, 3]`, normalized
 * @param taps names of nodes with feature maps, all of them taps of the network
 */
export async function attentionMaps(
  network: InferenceNetwork,
  image: Float32Array,
  taps: readonly string[],
): Promise<AttentionMap[]> {
  const wanted = [...new Set(taps)];
  const maps = tf.tidy(() => {
    const images = tf.tensor4d(image, [1, ...network.network.inputSize, 3]);
    const features = network.forward(images, wanted).taps;
    return wanted.map((tap) => tf.mean(tf.square(features.get(tap)!), 3));
  });
  try {
    const found = new Map<string, AttentionMap>();
    for (const [i, tap] of wanted.entries()) {
      const [, height = 1, width = 1] = maps[i]!.shape;
      found.set(tap, { tap, height, width, values: scaleToUnit(await maps[i]!.data<'float32'>()) });
    }
    return taps.map((tap) => found.get(tap)!);
  } finally {
    tf.dispose(maps);
  }
}

function scaleToUnit(values: Float32Array): Float32Array {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  const range = highest - lowest;
  return values.map((value) => (range > 0 ? (value - lowest) / range : 0));
}
