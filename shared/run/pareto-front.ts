/**
 * Finds the points that no other point beats: no other costs at most as much and gains at least as much, with one of the
 * two strictly better. Of equal points, the first is kept. The result is sorted by cost, and so by gain.
 */
export function findParetoFront<Point>(
  points: readonly Point[],
  { cost, gain }: { cost(point: Point): number; gain(point: Point): number },
): Point[] {
  const ordered = [...points].sort((a, b) => cost(a) - cost(b) || gain(b) - gain(a));
  let best = Number.NEGATIVE_INFINITY;
  return ordered.filter((point) => {
    if (gain(point) <= best) return false;
    best = gain(point);
    return true;
  });
}
