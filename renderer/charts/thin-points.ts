/**
 * Thins a curve to the points needed to draw it in so many columns of pixels, as x, y, x, y …: the first, lowest, highest
 * and last of each column, so that no peak is lost. x must not decrease. Only points between `from` and `to`, plus one on
 * each side, are used. Points that are not finite are left out.
 */
export function thinPoints(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { from, to, columns }: { from: number; to: number; columns: number },
): Float64Array {
  const begin = Math.max(0, findFirst(x, from) - 1);
  const end = Math.min(x.length, findFirst(x, to) + 1);
  const points = new Float64Array(2 * Math.min(end - begin, 4 * (columns + 1)));
  let length = 0;
  const take = (index: number): void => {
    points[length++] = x[index]!;
    points[length++] = y[index]!;
  };
  if (end - begin <= 4 * columns) {
    for (let i = begin; i < end; i++) if (Number.isFinite(y[i])) take(i);
    return points.subarray(0, length);
  }
  const left = x[begin]!;
  const scale = columns / Math.max(Number.MIN_VALUE, x[end - 1]! - left);
  for (let i = begin; i < end; ) {
    const column = Math.floor((x[i]! - left) * scale);
    let first = -1;
    let low = -1;
    let high = -1;
    let last = -1;
    for (; i < end && Math.floor((x[i]! - left) * scale) === column; i++) {
      const value = y[i]!;
      if (!Number.isFinite(value)) continue;
      if (first < 0) first = low = high = i;
      if (value < y[low]!) low = i;
      if (value > y[high]!) high = i;
      last = i;
    }
    if (first < 0) continue;
    take(first);
    const [sooner, later] = low < high ? [low, high] : [high, low];
    if (sooner > first && sooner < last) take(sooner);
    if (later > sooner && later > first && later < last) take(later);
    if (last > first) take(last);
  }
  return points.subarray(0, length);
}

/** Index of the first element that is at least `value`, or the length if there is none. */
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
