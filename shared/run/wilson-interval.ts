/**
 * Bounds of the true share with 95 % confidence, given that `hits` of `count` were correct (Wilson 1927). Both are from 0
 * to 1; for a count of 0 they are 0 and 1.
 */
export function computeWilsonInterval(hits: number, count: number): [low: number, high: number] {
  if (count === 0) return [0, 1];
  const z = 1.959964;
  const share = hits / count;
  const scale = 1 + (z * z) / count;
  const middle = (share + (z * z) / (2 * count)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
