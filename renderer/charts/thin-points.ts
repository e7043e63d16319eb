/**
 * Points of a curve that are enough to draw it in so many columns of pixels: of each column the first, the lowest, the
 * highest and the last, so that no peak is lost. x must not fall. Only points from `from` to `to`, and one on each
 * side, are looked at. Points that are not finite are left out.
 */
export function thinPoints(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { from, to, columns }: { from: number; to: number; columns: number },
): [x: number, y: number][] {
  const begin = Math.max(0, findFirst(x, from) - 1);
  const end = Math.min(x.length, findFirst(x, to) + 1);
  const points: [number, number][] = [];
  if (end - begin <= 4 * columns) {
    for (let i = begin; i < end; i++) if (Number.isFinite(y[i])) points.push([x[i]!, y[i]!]);
    return points;
  }
  const left = x[begin]!;
  const scale = columns / Math.max(Number.MIN_VALUE, x[end - 1]! - left);
  for (let i = begin; i < end; ) {
    const column = Math.floor((x[i]! - left) * scale);
    const chosen = { first: -1, low: -1, high: -1, last: -1 };
    for (; i < end && Math.floor((x[i]! - left) * scale) === column; i++) {
      const value = y[i]!;
      if (!Number.isFinite(value)) continue;
      if (chosen.first < 0) chosen.first = chosen.low = chosen.high = i;
      if (value < y[chosen.low]!) chosen.low = i;
      if (value > y[chosen.high]!) chosen.high = i;
      chosen.last = i;
    }
    if (chosen.first < 0) continue;
    const order = [...new Set([chosen.first, chosen.low, chosen.high, chosen.last])].sort((a, b) => a - b);
    for (const index of order) points.push([x[index]!, y[index]!]);
  }
  return points;
}

/** Index of the first that is at least `value`; their number where none is. */
function findFirst(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
