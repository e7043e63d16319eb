import type { Weights } from '../model/index.ts';

/** Bytes of all numbers of a network at 32 bits, running statistics included: the size of its weight file's data. */
export function weightBytes(weights: Weights): number {
  let bytes = 0;
  for (const { values } of weights.values()) bytes += values.byteLength;
  return bytes;
}
