import { describe, expect, it } from 'vitest';
import { ACTIVATIONS } from '../../../../../electron/engine/compute/activation.ts';
import type { GemmArguments } from '../../../../../electron/engine/compute/simd/kernel-types.ts';
import { Random } from '../../../../../electron/engine/core/random.ts';
import { ACTIVATION_REFERENCES, expectEverywhere, normals, runEverywhere, useRuntimes } from './harness.ts';

useRuntimes();

type Shape = Pick<GemmArguments, 'm' | 'n' | 'k'> &
  Partial<Pick<GemmArguments, 'transposeA' | 'transposeB' | 'accumulate' | 'activation'>> & { bias?: boolean };

function multiply(shape: Shape, a: Float32Array, b: Float32Array, c: Float32Array, bias: Float32Array): Float64Array {
  const { m, n, k } = shape;
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = (shape.accumulate ? c[i * n + j]! : 0) + (shape.bias ? bias[j]! : 0);
      for (let q = 0; q < k; q++)
        sum += a[shape.transposeA ? q * m + i : i * k + q]! * b[shape.transposeB ? j * k + q : q * n + j]!;
      result[i * n + j] = ACTIVATION_REFERENCES[shape.activation ?? 'none'](sum);
    }
  return result;
}

function check(shape: Shape, random: Random): void {
  const { m, n, k, bias: withBias, ...options } = shape;
  const a = normals(random, m * k);
  const b = normals(random, k * n);
  const c = normals(random, m * n);
  const bias = normals(random, n);
  expectEverywhere(
    { a, b, c: shape.accumulate ? c : m * n, bias },
    ({ kernels }, at) => {
      kernels.gemm({ a: at.a, b: at.b, c: at.c, m, n, k, ...options, bias: withBias ? at.bias : undefined });
    },
    { c: multiply(shape, a, b, c, bias), a, b },
  );
}

describe('gemm', () => {
  const transposes = [
    { transposeA: false, transposeB: false },
    { transposeA: true, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: true },
  ];
  it.each(transposes)('multiplies every small size, %o', (transpose) => {
    const random = new Random('gemm small');
    for (let m = 1; m <= 8; m++)
      for (const n of [1, 3, 7, 8, 9, 15, 16, 17, 31])
        for (const k of [1, 2, 5, 8]) check({ m, n, k, ...transpose }, random);
  });

  it.each(transposes)('multiplies drawn sizes with bias, activation and accumulation, %o', (transpose) => {
    const random = new Random(`gemm drawn ${transpose.transposeA} ${transpose.transposeB}`);
    for (let round = 0; round < 25; round++) {
      const shape = { m: 1 + random.integer(70), n: 1 + random.integer(70), k: 1 + random.integer(400), ...transpose };
      check({ ...shape, bias: round % 2 === 0, activation: ACTIVATIONS[round % 5]! }, random);
      check({ ...shape, accumulate: true }, random);
    }
  });

  it('multiplies pixels with channels, and sums gradients over pixels', () => {
    const random = new Random('gemm tall');
    check({ m: 5003, n: 25, k: 17 }, random);
    check({ m: 2049, n: 17, k: 25, transposeB: true }, random);
    check({ m: 17, n: 25, k: 5003, transposeA: true }, random);
    check({ m: 17, n: 25, k: 5003, transposeA: true, accumulate: true }, random);
    check({ m: 300, n: 290, k: 700 }, random);
    check({ m: 64, n: 300, k: 900, bias: true, activation: 'hard-swish' }, random);
    check({ m: 1, n: 1000, k: 1280, bias: true }, random);
    check({ m: 700, n: 24, k: 1 }, random);
    check({ m: 257, n: 41, k: 321, accumulate: true, bias: true, activation: 'relu6' }, random);
    check({ m: 100, n: 45, k: 3, accumulate: true, bias: true, transposeA: true }, random);
  });

  it.each(transposes)('gives the bias alone where there is nothing to sum, %o', (transpose) => {
    check({ m: 5, n: 11, k: 0, bias: true, activation: 'relu', ...transpose }, new Random('empty'));
    check({ m: 5, n: 11, k: 0, accumulate: true, ...transpose }, new Random('empty'));
    check({ m: 300, n: 3, k: 0, ...transpose }, new Random('empty'));
  });

  it('multiplies batches of matrices', () => {
    const random = new Random('gemm batched');
    for (const { transposeA, transposeB } of transposes) {
      const [count, m, n, k] = [5, 7, 11, 13];
      const a = normals(random, count * m * k);
      const b = normals(random, k * n);
      const parts = Array.from({ length: count }, (_, index) =>
        multiply(
          { m, n, k, transposeA, transposeB },
          a.subarray(index * m * k, (index + 1) * m * k),
          b,
          new Float32Array(),
          new Float32Array(),
        ),
      );
      const reference = Float64Array.from(parts.flatMap((part) => [...part]));
      expectEverywhere(
        { a, b, c: count * m * n },
        ({ kernels }, at) => {
          kernels.batchedGemm({
            ...at,
            m,
            n,
            k,
            transposeA,
            transposeB,
            count,
            strideA: m * k,
            strideB: 0,
            strideC: m * n,
          });
        },
        { c: reference },
      );
      expect(reference.length).toBe(count * m * n);
    }
  });

  it('keeps a NaN and an infinity where they belong', () => {
    const a = Float32Array.from([Number.NaN, 1, 1, 1, 1, Number.POSITIVE_INFINITY]);
    const b = Float32Array.from([1, 1]);
    for (const activation of ['none', 'relu', 'relu6'] as const)
      for (const { c } of runEverywhere({ a, b, c: 3 }, ({ kernels }, at) =>
        kernels.gemm({ ...at, m: 3, n: 1, k: 2, activation }),
      ))
        expect([...c]).toEqual([Number.NaN, 2, activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY]);
  });
});
