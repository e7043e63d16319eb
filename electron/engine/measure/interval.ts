export interface Interval {
  low: number;
  high: number;
}

/**
 * Wilson's score interval for a share of `images` (Wilson 1927): where the accuracy on endlessly many such images lies,
 * with 95 % confidence by default. Unlike ±1.96 standard errors it stays within [0, 1] and is right for few images and for
 * shares near 0 and 1.
 *
 * @param share in [0, 1]
 * @param z standard normal quantile: 1.96 for 95 %, 1 for one standard error
 */
export function wilsonInterval(share: number, images: number, z = 1.96): Interval {
  if (images === 0) return { low: 0, high: 1 };
  const scale = 1 + z ** 2 / images;
  const center = (share + z ** 2 / (2 * images)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / images + z ** 2 / (4 * images ** 2));
  return { low: Math.max(0, center - half), high: Math.min(1, center + half) };
}

/** "87.3 % ± 1.2": a share with half the width of its 95 % Wilson interval, in points. */
export function formatShare(share: number, images: number): string {
  const { low, high } = wilsonInterval(share, images);
  return `${(100 * share).toFixed(1)} % ± ${((100 * (high - low)) / 2).toFixed(1)}`;
}
