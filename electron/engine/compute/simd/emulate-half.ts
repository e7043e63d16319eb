import type * as tf from '@tensorflow/tfjs-core';
import type { SimdBackend } from './backend.ts';

/** The largest number that 16 bits hold. */
const LARGEST = 65_504;
/** The smallest one that they hold with all 11 bits. */
const SMALLEST_NORMAL = 2 ** -14;
/** Numbers of 32 bits of this size are as far apart as the smallest ones of 16 bits. */
const SUBNORMAL_GRID = 0.75;

/**
 * Computes with those inputs that are named rounded to the nearest numbers of 16 bits (f16), ties to even; what is too large
 * becomes infinite. Slow: it lets mixed precision be tried without a graphics card.
 */
export function withHalfInputs<T>(
  backend: SimdBackend,
  inputs: tf.NamedTensorInfoMap,
  names: readonly string[],
  compute: (inputs: tf.NamedTensorInfoMap) => T,
): T {
  const rounded: Record<string, tf.TensorInfo> = {};
  try {
    for (const name of names) {
      const input = inputs[name];
      if (input?.dtype !== 'float32') continue;
      const values = backend.readSync(input.dataId) as Float32Array; // As its type says; a copy.
      roundAll(values);
      rounded[name] = { ...input, dataId: backend.write(values, input.shape, 'float32') };
    }
    return compute({ ...inputs, ...rounded });
  } finally {
    for (const { dataId } of Object.values(rounded)) backend.disposeData(dataId);
  }
}

function roundAll(values: Float32Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const size = Math.abs(value);
    if (size > LARGEST) values[i] = value * Number.POSITIVE_INFINITY;
    else if (size < SMALLEST_NORMAL) {
      const rounded = Math.fround(size + SUBNORMAL_GRID) - SUBNORMAL_GRID;
      values[i] = value < 0 ? -rounded : rounded;
    } else if (size >= SMALLEST_NORMAL) bits[i] = (bits[i]! + 0xfff + ((bits[i]! >> 13) & 1)) & ~0x1fff; // Drops 13 of 23 bits.
  }
}
