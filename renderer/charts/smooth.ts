/**
 * Exponential moving average, corrected for its bias towards 0 at the start, as in TensorBoard. `strength` is 0 for no
 * smoothing, and close to 1 for a lot. Values that are not finite are kept and do not affect the average.
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
