/** Weights as integers -127..127, times a scale of their output channel. */
export interface IntegerWeights {
  readonly integers: Int8Array;
  /** One for each output channel. */
  readonly scales: Float32Array;
}

/**
 * Rounds weights to integers symmetrically about zero, each output channel by the largest of its weights (Krishnamoorthi
 * 2018).
 *
 * @param channels output channels, which run fastest in every layout that we have
 */
export function quantizeByChannel(values: Float32Array, channels: number): IntegerWeights {
  const scales = new Float32Array(channels);
  for (const [i, value] of values.entries())
    scales[i % channels] = Math.max(scales[i % channels]!, Math.abs(value) / 127);
  // A channel of zeros has any scale.
  for (const [c, scale] of scales.entries()) if (scale === 0) scales[c] = 1;
  const integers = Int8Array.from(values, (value, i) =>
    Math.max(-127, Math.min(127, Math.round(value / scales[i % channels]!))),
  );
  return { integers, scales };
}

/** The weights that integers stand for. */
export function restoreByChannel({ integers, scales }: IntegerWeights): Float32Array {
  return Float32Array.from(integers, (integer, i) => integer * scales[i % scales.length]!);
}
