/** Indices of scores, the lowest first; where they are the same, in their own order. */
export function orderByScore(scores: Float32Array): Int32Array {
  return Int32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b);
}
