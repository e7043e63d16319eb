import type { ConvolutionStep, DenseStep } from '../../lowering/index.ts';
import { quantizeByChannel, restoreByChannel } from '../../quantize/index.ts';
import type { Rounding } from '../round-weights.ts';

/**
 * Layers of up to so many weights get a scale for each output channel, by a multiplication at every run. TensorFlow.js itself
 * supports only one scale per tensor, which loses too much in the few weights of depthwise layers.
 */
const FEW = 16_384;

/** A layer's weights in 8 bits: `(bytes · scale + min)`, times the factors of the output channels, where there are any. */
export interface ByteWeights {
  readonly bytes: Uint8Array;
  readonly min: number;
  readonly scale: number;
  /** One for each output channel; null: none. */
  readonly factors: Float32Array | null;
}

export function toBytes({ weight, bias }: ConvolutionStep | DenseStep): ByteWeights {
  const { values } = weight;
  if (values.length <= FEW) {
    const { integers, scales } = quantizeByChannel(values, bias.length);
    return { bytes: Uint8Array.from(integers, (integer) => integer + 127), min: -127, scale: 1, factors: scales };
  }
  let [min, max] = [0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const scale = (max - min) / 255 || 1;
  return { bytes: Uint8Array.from(values, (value) => Math.round((value - min) / scale)), min, scale, factors: null };
}

/** Weights as TensorFlow.js makes them of 8 bits. */
export const BYTES: Rounding = {
  weight(step) {
    const { bytes, min, scale, factors } = toBytes(step);
    if (factors) return restoreByChannel({ integers: Int8Array.from(bytes, (byte) => byte + min), scales: factors });
    return Float32Array.from(bytes, (byte) => byte * scale + min);
  },
  bias: (step) => step.bias,
};
