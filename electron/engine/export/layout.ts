/** `[rows, columns]` to `[columns, rows]`. */
export function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return result;
}

/** `[planes, inner, outer]` to `[outer, inner, planes]`. */
export function movePlanesLast<Values extends Float32Array | Int8Array>(
  values: Values,
  planes: number,
  inner: number,
  outer: number,
): Values {
  const result = values.slice() as Values; // Of its own kind.
  for (let plane = 0; plane < planes; plane++)
    for (let i = 0; i < inner; i++)
      for (let o = 0; o < outer; o++)
        result[(o * inner + i) * planes + plane] = values[(plane * inner + i) * outer + o]!;
  return result;
}

/** The bytes of numbers as they lie in memory: little-endian on every platform that Node and Electron run on. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
