import { countReferences, fitLikeness, measureUnlikeness, softmaxOf } from '../../electron/engine/measure/index.ts';

/** What a network says of some images: one row an image. */
export interface Outputs {
  /** `[images, classes]` */
  readonly logits: readonly Float32Array[];
  /** `[images, length]`: the pooled features that enter the classifier. */
  readonly embeddings: readonly Float32Array[];
}

/** What a score learns from. */
export interface Known {
  readonly training: Outputs;
  readonly labels: readonly number[];
  readonly validation: Outputs;
  readonly classes: number;
}

/** One number an image: the larger, the less it is like the training images. */
export type Score = (outputs: Outputs) => number[];

/** Ways to tell unlike images, by their names. */
export const SCORES: Readonly<Record<string, (known: Known) => Score>> = {
  'logits, nearest neighbour (Decant’s)': ({ training, validation, classes }) => {
    const likeness = fitLikeness(
      joinRows(spreadRows(training.logits, countReferences(classes))),
      joinRows(validation.logits),
      classes,
    );
    return ({ logits }) => logits.map((row) => measureUnlikeness(likeness, row));
  },
  'energy (Liu et al. 2020)':
    () =>
    ({ logits }) =>
      logits.map((row) => -logSumExp(row)),
  'largest probability (Hendrycks & Gimpel 2017)':
    () =>
    ({ logits }) =>
      logits.map((row) => -largestShare(row)),
  'features, nearest neighbour (Sun et al. 2022)': ({ training }) => {
    const known = training.embeddings.map(normalize);
    return ({ embeddings }) =>
      embeddings.map((row) => {
        const direction = normalize(row);
        return -known.reduce((most, other) => Math.max(most, dot(direction, other)), -1);
      });
  },
  'features, Mahalanobis (Lee et al. 2018)': ({ training, labels, classes }) => {
    const distance = fitMahalanobis(training.embeddings, labels, classes);
    return ({ embeddings }) => embeddings.map(distance);
  },
};

/**
 * The chance that an unlike image has a larger score than a like one (AUROC); 0.5 is guessing. Equal scores count half.
 */
export function measureSeparation(unlike: readonly number[], like: readonly number[]): number {
  let wins = 0;
  for (const a of unlike) for (const b of like) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (unlike.length * like.length);
}

/** Evenly spread over their order, as a run does it. */
function spreadRows<T>(rows: readonly T[], most: number): T[] {
  if (rows.length <= most) return [...rows];
  return Array.from({ length: most }, (_, i) => rows[Math.floor((i * rows.length) / most)]!);
}

/** Squared distance to the nearest class mean under one covariance for all classes, by its Cholesky factor. */
function fitMahalanobis(rows: readonly Float32Array[], labels: readonly number[], classes: number) {
  const length = rows[0]!.length;
  const means = Array.from({ length: classes }, () => new Float64Array(length));
  const counts = new Float64Array(classes);
  for (const [i, row] of rows.entries()) {
    counts[labels[i]!]!++;
    for (let j = 0; j < length; j++) means[labels[i]!]![j]! += row[j]!;
  }
  for (const [label, mean] of means.entries()) for (let j = 0; j < length; j++) mean[j]! /= counts[label]!;
  const covariance = new Float64Array(length * length);
  for (const [i, row] of rows.entries()) {
    const gap = row.map((value, j) => value - means[labels[i]!]![j]!);
    for (let j = 0; j < length; j++)
      for (let k = 0; k <= j; k++) covariance[j * length + k]! += (gap[j]! * gap[k]!) / rows.length;
  }
  let trace = 0;
  for (let j = 0; j < length; j++) trace += covariance[j * length + j]!;
  for (let j = 0; j < length; j++) covariance[j * length + j]! += (1e-3 * trace) / length;
  const factor = factorize(covariance, length);
  const whiten = (row: ArrayLike<number>): Float64Array => {
    const solved = new Float64Array(length);
    for (let j = 0; j < length; j++) {
      let sum = row[j]!;
      for (let k = 0; k < j; k++) sum -= factor[j * length + k]! * solved[k]!;
      solved[j] = sum / factor[j * length + j]!;
    }
    return solved;
  };
  const centres = means.map(whiten);
  return (row: Float32Array): number => {
    const at = whiten(row);
    return Math.min(...centres.map((centre) => centre.reduce((sum, value, j) => sum + (value - at[j]!) ** 2, 0)));
  };
}

/** The lower factor of a symmetric matrix, in its place. */
function factorize(matrix: Float64Array, size: number): Float64Array {
  for (let j = 0; j < size; j++)
    for (let i = j; i < size; i++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      matrix[i * size + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * size + j]!;
    }
  return matrix;
}

/** Rows one after the other. */
export function joinRows(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

function largestShare(row: Float32Array): number {
  return softmaxOf(row, [row.indexOf(Math.max(...row))])[0]!;
}

function logSumExp(row: Float32Array): number {
  const highest = Math.max(...row);
  return highest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}

function normalize(row: Float32Array): Float32Array {
  const length = Math.sqrt(dot(row, row)) || 1;
  return row.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
