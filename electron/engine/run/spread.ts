/** At most `limit` of the indices, evenly spread over their order, which is by class. */
export function spread(indices: Int32Array, limit: number): Int32Array {
  if (indices.length <= limit) return indices;
  return Int32Array.from({ length: limit }, (_, i) => indices[Math.floor((i * indices.length) / limit)]!);
}
