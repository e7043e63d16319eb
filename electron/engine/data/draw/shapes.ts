/**
 * Signed distance from an outline of radius about 1 around the origin: negative inside. After Inigo Quilez's
 * "2D distance functions"; areas are close to each other, so that a shape is not told by its size.
 */
export type Shape = (x: number, y: number) => number;

const disc: Shape = (x, y) => Math.hypot(x, y) - 0.9;

const square: Shape = (x, y) => {
  const dx = Math.abs(x) - 0.8;
  const dy = Math.abs(y) - 0.8;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0);
};

const triangle: Shape = (x, y) => polygon(x, y, TRIANGLE);

const cross: Shape = (x, y) => {
  const [long, short] = [Math.max(Math.abs(x), Math.abs(y)) - 1.15, Math.min(Math.abs(x), Math.abs(y)) - 0.42];
  return Math.max(long, short);
};

export const SHAPES = { disc, triangle, cross, square } as const;
export type ShapeName = keyof typeof SHAPES;

const TRIANGLE = corners(3, 1.35);

function corners(count: number, radius: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    return [radius * Math.sin(angle), -radius * Math.cos(angle)] as const;
  });
}

function polygon(x: number, y: number, points: readonly (readonly [number, number])[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [ax, ay] = points[i]!;
    const [bx, by] = points[j]!;
    const ex = bx - ax;
    const ey = by - ay;
    const t = Math.min(1, Math.max(0, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)));
    nearest = Math.min(nearest, (x - ax - t * ex) ** 2 + (y - ay - t * ey) ** 2);
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return (inside ? -1 : 1) * Math.sqrt(nearest);
}
