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
  const scales = findScales(values, channels);
  return { integers: toIntegers(values, scales), scales };
}

/** The finest scale for each output channel. */
export function findScales(values: Float32Array, channels: number): Float32Array {
  const peaks = new Float32Array(channels);
  for (let start = 0; start < values.length; start += channels)
    for (let c = 0; c < channels; c++) peaks[c] = Math.max(peaks[c]!, Math.abs(values[start + c]!));
  // A channel of zeros has any scale; one like the others is no hardship for runtimes.
  const any = peaks.reduce((largest, peak) => Math.max(largest, peak), 0) || 127;
  return peaks.map((peak) => (peak || any) / 127);
}

/** Weights as multiples of their channel's scale. */
export function toIntegers(values: Float32Array, scales: Float32Array): Int8Array {
  const channels = scales.length;
  const integers = new Int8Array(values.length);
  for (let start = 0; start < values.length; start += channels)
    for (let c = 0; c < channels; c++) {
      const integer = Math.round(values[start + c]! / scales[c]!);
      integers[start + c] = Math.max(-127, Math.min(127, integer));
    }
  return integers;
}

/** The weights that integers stand for. */
export function restoreByChannel({ integers, scales }: IntegerWeights): Float32Array {
  const channels = scales.length;
  const values = new Float32Array(integers.length);
  for (let start = 0; start < values.length; start += channels)
    for (let c = 0; c < channels; c++) values[start + c] = integers[start + c]! * scales[c]!;
  return values;
}

/** Numbers that are added or multiplied, with one scale for all. */
export function quantizeConstant(values: Float32Array): { integers: Int8Array; scale: number } {
  const { integers, scales } = quantizeByChannel(values, 1);
  return { integers, scale: scales[0]! };
}
