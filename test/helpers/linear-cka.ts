import { centerColumns, centeredGram, dot, type FeatureMatrix } from '../../electron/engine/measure/feature-matrix.ts';

/**
 * Linear centred kernel alignment of two sets of features of the same images (Kornblith et al. 2019): 1 for features
 * that are equal up to rotation and scale, near 0 for unrelated ones. All images are held in memory; for large sets use
 * `MinibatchCka`. Computed over pairs of features or over pairs of images, whichever is less work.
 *
 * With fewer images than features this biased estimate is high even for unrelated features; `MinibatchCka` is not.
 *
 * @returns in [0, 1], or null where one side does not vary over the images, so that nothing can be said
 */
export function linearCka(x: FeatureMatrix, y: FeatureMatrix): number | null {
  if (x.rows !== y.rows) throw new RangeError(`CKA compares features of the same images, got ${x.rows} and ${y.rows}.`);
  const byImages = x.rows ** 2 * (x.columns + y.columns);
  const byFeatures = x.rows * (x.columns ** 2 + y.columns ** 2 + x.columns * y.columns);
  const [xy, xx, yy] = byImages < byFeatures ? alignByImages(x, y) : alignByFeatures(x, y);
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

type Alignments = [xy: number, xx: number, yy: number];

/** Inner products of the centred Gram matrices. */
function alignByImages(x: FeatureMatrix, y: FeatureMatrix): Alignments {
  const k = centeredGram(x);
  const l = centeredGram(y);
  return [dot(k, l), dot(k, k), dot(l, l)];
}

/** The same numbers as squared Frobenius norms of cross-covariances: tr(XX'YY') = |Y'X|². */
function alignByFeatures(x: FeatureMatrix, y: FeatureMatrix): Alignments {
  const a = transpose(centerColumns(x), x.rows, x.columns);
  const b = transpose(centerColumns(y), y.rows, y.columns);
  return [squaredCrossNorm(a, b, x.rows), squaredCrossNorm(a, a, x.rows), squaredCrossNorm(b, b, x.rows)];
}

function squaredCrossNorm(a: Float64Array, b: Float64Array, rows: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += rows)
    for (let j = 0; j < b.length; j += rows) sum += dot(a.subarray(i, i + rows), b.subarray(j, j + rows)) ** 2;
  return sum;
}

function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!;
  return result;
}
