import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';

export type MatMulAttributes = { transposeA?: boolean; transposeB?: boolean };

export interface MatMulShape {
  readonly outShape: number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Number of matrix products. */
  readonly count: number;
  /** Numbers between one matrix and the next; 0 repeats the same one. */
  readonly strideA: number;
  readonly strideB: number;
}

/** Sizes of a batched matrix product; undefined for what is no product of matrices or broadcasts otherwise. */
export function matMulShape(a: TensorInfo, b: TensorInfo, attributes: MatMulAttributes): MatMulShape | undefined {
  if (a.shape.length < 2 || b.shape.length < 2) return undefined;
  const { transposeA = false, transposeB = false } = attributes;
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [n, innerB] = transposeB ? [rowsB, columnsB] : [columnsB, rowsB];
  if (k !== innerB) return undefined;
  const countA = util.sizeFromShape(a.shape.slice(0, -2));
  const countB = util.sizeFromShape(b.shape.slice(0, -2));
  const outer = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const count = util.sizeFromShape(outer);
  if ((countA !== count && countA !== 1) || (countB !== count && countB !== 1)) return undefined;
  return {
    outShape: [...outer, m, n],
    m,
    n,
    k,
    count,
    strideA: countA === 1 ? 0 : m * k,
    strideB: countB === 1 ? 0 : k * n,
  };
}
