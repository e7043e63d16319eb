/** Features of some images: `values` is `[rows, columns]`, one row an image. */
export interface FeatureMatrix {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** The features with every column's mean taken away, in double precision. */
export function centerColumns({ rows, columns, values }: FeatureMatrix): Float64Array {
  const means = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) means[column]! += values[row * columns + column]!;
  for (let column = 0; column < columns; column++) means[column]! /= rows;
  const centered = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      centered[row * columns + column] = values[row * columns + column]! - means[column]!;
  return centered;
}

/** Inner products of all pairs of images, `[rows, rows]`, of features centred over these images. */
export function centeredGram(features: FeatureMatrix): Float64Array {
  const { rows, columns } = features;
  const centered = centerColumns(features);
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const a = centered.subarray(i * columns, (i + 1) * columns);
    for (let j = i; j < rows; j++) {
      const product = dot(a, centered.subarray(j * columns, (j + 1) * columns));
      gram[i * rows + j] = product;
      gram[j * rows + i] = product;
    }
  }
  return gram;
}

/** Sum of products, in four independent chains that the processor can overlap. */
export function dot(a: Float64Array, b: Float64Array): number {
  const end = a.length - (a.length % 4);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < end; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = end; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}
