import { describe, expect, test } from 'vitest';
import { Random } from '../../../electron/engine/core/random.ts';
import {
  centeredGram,
  type FeatureMatrix,
  MinibatchCka,
  unbiasedHsic,
} from '../../../electron/engine/measure/index.ts';
import { linearCka } from '../../helpers/linear-cka.ts';

const random = new Random('cka');

function drawFeatures(key: string, rows: number, columns: number, shift = 0): FeatureMatrix {
  const own = random.fork(key);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => own.normal() + shift) };
}

/** x times a matrix [columns, to]. */
function multiply(x: FeatureMatrix, matrix: number[][]): FeatureMatrix {
  const to = matrix[0]!.length;
  const values = new Float32Array(x.rows * to);
  for (let row = 0; row < x.rows; row++)
    for (let j = 0; j < to; j++) {
      let sum = 0;
      for (let i = 0; i < x.columns; i++) sum += x.values[row * x.columns + i]! * matrix[i]![j]!;
      values[row * to + j] = sum;
    }
  return { rows: x.rows, columns: to, values };
}

/** An orthogonal matrix: a product of reflections. */
function drawOrthogonal(size: number): number[][] {
  const own = random.fork('orthogonal');
  let matrix = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));
  for (let k = 0; k < 3; k++) {
    const v = Array.from({ length: size }, () => own.normal());
    const norm = v.reduce((sum, value) => sum + value * value, 0);
    matrix = matrix.map((row) => {
      const along = row.reduce((sum, value, i) => sum + value * v[i]!, 0);
      return row.map((value, i) => value - (2 * along * v[i]!) / norm);
    });
  }
  return matrix;
}

/** Features that share a part with x. */
function mixWith(x: FeatureMatrix, key: string, columns: number, share: number): FeatureMatrix {
  const own = random.fork(key);
  const matrix = Array.from({ length: x.columns }, () => Array.from({ length: columns }, () => own.normal()));
  const mixed = multiply(x, matrix);
  const noise = drawFeatures(`${key}-noise`, x.rows, columns);
  return { ...mixed, values: mixed.values.map((value, i) => share * value + (1 - share) * 3 * noise.values[i]!) };
}

function takeRows(x: FeatureMatrix, from: number, to: number): FeatureMatrix {
  return { rows: to - from, columns: x.columns, values: x.values.subarray(from * x.columns, to * x.columns) };
}

function minibatchCka(x: FeatureMatrix, y: FeatureMatrix, batch: number): MinibatchCka {
  const cka = new MinibatchCka();
  for (let from = 0; from < x.rows; from += batch) {
    const to = Math.min(from + batch, x.rows);
    cka.add(centeredGram(takeRows(x, from, to)), centeredGram(takeRows(y, from, to)));
  }
  return cka;
}

describe('linear CKA', () => {
  test('by hand: three images, one feature each, is the squared correlation', () => {
    const x = { rows: 3, columns: 1, values: Float32Array.of(1, 2, 3) };
    const y = { rows: 3, columns: 1, values: Float32Array.of(2, 1, 6) };
    // Deviations (-1, 0, 1) and (-1, -2, 3): r = 4 / sqrt(2 · 14).
    expect(linearCka(x, y)).toBeCloseTo(16 / 28, 12);
  });

  test('is 1 for the same features, rotated, scaled and shifted', () => {
    const x = drawFeatures('x', 40, 12);
    const rotated = multiply(x, drawOrthogonal(12));
    const moved = { ...rotated, values: rotated.values.map((value) => -3 * value + 100) };
    expect(linearCka(x, x)).toBeCloseTo(1, 12);
    expect(linearCka(x, moved)).toBeCloseTo(1, 6);
  });

  test('is not 1 for the same features under a map that is not a rotation', () => {
    const x = drawFeatures('x', 200, 6);
    const stretched = multiply(
      x,
      Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (_, j) => (i === j ? 4 ** i : 0))),
    );
    expect(linearCka(x, stretched)).toBeLessThan(0.8);
  });

  test('both forms agree: by images with many features, by features with many images', () => {
    const x = drawFeatures('x', 30, 5);
    const y = mixWith(x, 'y', 4, 0.5);
    const byFeatures = linearCka(x, y)!;
    // The same features beside columns of zeros: nothing changes but the cheaper form.
    const widen = (m: FeatureMatrix) => ({
      rows: m.rows,
      columns: 200,
      values: Float32Array.from({ length: m.rows * 200 }, (_, i) =>
        i % 200 < m.columns ? m.values[Math.floor(i / 200) * m.columns + (i % 200)]! : 0,
      ),
    });
    expect(linearCka(widen(x), widen(y))).toBeCloseTo(byFeatures, 12);
  });

  test('is symmetric and near 0 for unrelated features of many images', () => {
    const x = drawFeatures('x', 3000, 5);
    const y = drawFeatures('other', 3000, 7);
    expect(linearCka(x, y)).toBeCloseTo(linearCka(y, x)!, 12);
    expect(linearCka(x, y)).toBeLessThan(0.01);
  });

  test('says nothing of features that do not vary', () => {
    const dead = { rows: 8, columns: 3, values: new Float32Array(24).fill(0.5) };
    expect(linearCka(dead, drawFeatures('x', 8, 3))).toBeNull();
  });

  test('refuses features of different images', () => {
    expect(() => linearCka(drawFeatures('x', 8, 3), drawFeatures('x', 9, 3))).toThrow(/8 and 9/);
  });
});

describe('unbiased HSIC', () => {
  test('equals the mean over all quadruples of different images (the definition of a U-statistic)', () => {
    const x = drawFeatures('x', 6, 3);
    const y = mixWith(x, 'y', 2, 0.6);
    const k = centeredGram(x);
    const l = centeredGram(y);
    let sum = 0;
    let count = 0;
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++)
        for (let q = 0; q < 6; q++)
          for (let r = 0; r < 6; r++) {
            if (new Set([i, j, q, r]).size < 4) continue;
            sum += k[i * 6 + j]! * (l[i * 6 + j]! + l[q * 6 + r]! - 2 * l[i * 6 + q]!);
            count++;
          }
    expect(unbiasedHsic(k, l, 6)).toBeCloseTo(sum / count, 10);
  });

  test('does not see the centring of features', () => {
    const x = drawFeatures('x', 10, 4, 5);
    const raw = new Float64Array(100);
    for (let i = 0; i < 10; i++)
      for (let j = 0; j < 10; j++)
        for (let c = 0; c < 4; c++) raw[i * 10 + j]! += x.values[i * 4 + c]! * x.values[j * 4 + c]!;
    const l = centeredGram(mixWith(x, 'y', 3, 0.5));
    expect(unbiasedHsic(raw, l, 10)).toBeCloseTo(unbiasedHsic(centeredGram(x), l, 10), 8);
  });

  test('averages to 0 over unrelated features, where the biased estimate does not', () => {
    let sum = 0;
    let square = 0;
    for (let i = 0; i < 400; i++) {
      const hsic = unbiasedHsic(
        centeredGram(drawFeatures(`x${i}`, 8, 16)),
        centeredGram(drawFeatures(`y${i}`, 8, 16)),
        8,
      );
      sum += hsic;
      square += hsic ** 2;
    }
    const mean = sum / 400;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(square / 400 / 400));
  });
});

describe('minibatch CKA', () => {
  test('is 1 for rotated features, at any batch size', () => {
    const x = drawFeatures('x', 64, 12);
    const rotated = multiply(x, drawOrthogonal(12));
    for (const batch of [4, 16, 64]) expect(minibatchCka(x, rotated, batch).value()).toBeCloseTo(1, 5);
  });

  test('agrees with the exact value on many images', () => {
    const x = drawFeatures('x', 2048, 10);
    for (const share of [0.2, 0.5, 0.9]) {
      const y = mixWith(x, `y${share}`, 14, share);
      const exact = linearCka(x, y)!;
      expect(Math.abs(minibatchCka(x, y, 64).value()! - exact)).toBeLessThan(0.02);
      expect(Math.abs(minibatchCka(x, y, 16).value()! - exact)).toBeLessThan(0.03);
    }
  });

  test('is near 0 for unrelated features even with more features than images', () => {
    const x = drawFeatures('x', 512, 256);
    const y = drawFeatures('other', 512, 256);
    expect(Math.abs(minibatchCka(x, y, 32).value()!)).toBeLessThan(0.02);
    expect(linearCka(takeRows(x, 0, 32), takeRows(y, 0, 32))).toBeGreaterThan(0.5);
  });

  test('leaves out a last batch of fewer than four images and counts what it saw', () => {
    const x = drawFeatures('x', 19, 5);
    const cka = minibatchCka(x, x, 8);
    expect(cka.images).toBe(16);
    expect(cka.value()).toBeCloseTo(1, 10);
    expect(minibatchCka(takeRows(x, 0, 3), takeRows(x, 0, 3), 3).value()).toBeNull();
  });
});
