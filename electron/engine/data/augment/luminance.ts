/** Of the pixel that begins at `i` (ITU-R BT.601). */
export function luminance(pixels: Float32Array, i: number): number {
  return 0.299 * pixels[i]! + 0.587 * pixels[i + 1]! + 0.114 * pixels[i + 2]!;
}
