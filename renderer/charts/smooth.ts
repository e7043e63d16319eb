/**
 * Exponential moving average without the pull towards 0 at the start, as TensorBoard draws it. `strength` 0 is the
 * curve itself, near 1 a very calm one. Values that are not finite stay, and count for nothing.
 */
export function smooth(values: ArrayLike<number>, strength: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  let mean = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) {
      mean = strength * mean + (1 - strength) * value;
      weight = strength * weight + (1 - strength);
      smoothed[i] = mean / weight;
    } else smoothed[i] = value;
  }
  return smoothed;
}
