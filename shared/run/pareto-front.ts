/**
 * The points that no other beats: none costs as little or less and gains as much or more, with one of both strictly. Of
 * equal points the first is taken. Given by rising cost, and so by rising gain.
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
