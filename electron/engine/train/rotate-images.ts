/**
 * Square images `[size, side, side, 3]`, each turned by `quarters` times 90 degrees against the clock. In ordinary memory, where
 * teachers of every kind can see them.
 */
export function rotateImages(
  images: Float32Array,
  { size, side, quarters }: { size: number; side: number; quarters: 1 | 2 | 3 },
): Float32Array {
  const turned = new Float32Array(images.length);
  const last = side - 1;
  for (let image = 0; image < size; image++) {
    const start = image * side * side;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const fromY = quarters === 1 ? x : quarters === 2 ? last - y : last - x;
        const fromX = quarters === 1 ? last - y : quarters === 2 ? last - x : y;
        const to = 3 * (start + y * side + x);
        const from = 3 * (start + fromY * side + fromX);
        turned[to] = images[from]!;
        turned[to + 1] = images[from + 1]!;
        turned[to + 2] = images[from + 2]!;
      }
    }
  }
  return turned;
}
