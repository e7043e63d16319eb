/** Stride of the first convolution: as asked, or 1 for inputs up to 64 pixels and 2 above. */
export function resolveStemStride(stemStride: 1 | 2 | null, inputSize: number): 1 | 2 {
  return stemStride ?? (inputSize <= 64 ? 1 : 2);
}
