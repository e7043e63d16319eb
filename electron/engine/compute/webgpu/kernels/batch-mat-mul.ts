import { BatchMatMul, type TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { elementType, type Width, widthOf } from '../program.ts';
import { joinParts } from '../wgsl/column-sums.ts';
import {
  chooseTile,
  defineProduct,
  groupsForProduct,
  type ProductVariant,
  splitDepth,
  storeFunction,
} from '../wgsl/matrix-product.ts';

interface Call {
  inputs: { a: TensorInfo; b: TensorInfo };
  attrs: { transposeA?: boolean; transposeB?: boolean };
  backend: DeviceBackend;
}

type Variant = ProductVariant & { readonly widthA: Width; readonly widthB: Width; readonly widthC: Width };

/** A is transposed in memory where `columnsOfA`, B where `rowsOfB`. */
const program = defineProduct<Variant>('matrix product', ({ columnsOfA, rowsOfB, widthA, widthB, widthC }) => ({
  writes: { y: elementType(widthC) },
  reads: { a: elementType(widthA), b: elementType(widthB) },
  uniforms: { rows: 'u32', columns: 'u32', depth: 'u32', depthOfPart: 'u32' },
  declarations: `fn loadA(row: u32, k: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (row >= u.rows || k >= u.depth) { return four; }
  ${
    widthA === 4
      ? 'four = a[(row * u.depth + k) / 4u];'
      : `for (var j = 0u; j < min(4u, u.depth - k); j++) {
    four[j] = a[${columnsOfA ? '(k + j) * u.rows + row' : 'row * u.depth + k + j'}];
  }`
  }
  return four;
}
fn loadB(k: u32, column: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (k >= u.depth || column >= u.columns) { return four; }
  ${
    widthB === 4
      ? 'four = b[(k * u.columns + column) / 4u];'
      : `for (var j = 0u; j < min(4u, u.columns - column); j++) {
    four[j] = b[${rowsOfB ? '(column + j) * u.depth + k' : 'k * u.columns + column + j'}];
  }`
  }
  return four;
}
${storeFunction({ vectors: widthC === 4 })}`,
}));

/** Single products only; of a batch of them tfjs's own kernel is taken, which the engine does not use. */
export const batchMatMulKernel: DeviceKernel = {
  kernelName: BatchMatMul,
  run({ inputs: { a, b }, attrs: { transposeA = false, transposeB = false }, backend }: Call) {
    const [outer, rank] = [a.shape.slice(0, -2), a.shape.length];
    if (b.shape.length !== rank || [...outer, ...b.shape.slice(0, -2)].some((size) => size !== 1)) return undefined;
    const [rows, depth] = transposeA
      ? [a.shape[rank - 1]!, a.shape[rank - 2]!]
      : [a.shape[rank - 2]!, a.shape[rank - 1]!];
    const [inner, columns] = transposeB
      ? [b.shape[rank - 1]!, b.shape[rank - 2]!]
      : [b.shape[rank - 2]!, b.shape[rank - 1]!];
    if (inner !== depth) return undefined;
    const tile = chooseTile(rows, columns);
    const { parts, length } = splitDepth(tile, rows, columns, depth);
    const widthC = widthOf(columns);
    const variant = {
      tile,
      rounding: backend.rounding,
      columnsOfA: transposeA,
      rowsOfB: transposeB,
      split: true,
      widthA: transposeA ? 1 : widthOf(depth),
      widthB: transposeB ? 1 : widthC,
      widthC,
    } as const;
    const shape = [...outer, rows, columns];
    const y = backend.makeOutput(parts === 1 ? shape : [parts, rows, columns]);
    const uniforms = { rows, columns, depth, depthOfPart: length };
    const [across, down] = groupsForProduct(tile, rows, columns);
    backend.launch(program(variant), { a, b, y }, uniforms, [across, down, parts]);
    if (parts === 1) return y;
    const product = joinParts(backend, y, { parts, columns: rows * columns }, { shape });
    backend.disposeData(y.dataId);
    return product;
  },
};
