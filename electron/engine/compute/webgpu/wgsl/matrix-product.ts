import type { InputRounding } from '../backend.ts';
import { defineProgram, MAX_GROUPS, type ProgramSource } from '../program.ts';
import { inputRounding } from './input-rounding.ts';

/** Rows and columns of the result that one workgroup computes. */
export type Tile = '64x64' | '128x32' | '32x32';

/** Values of the inner dimension that are in a workgroup's memory at a time. */
const DEPTH = 16;
/** Each invocation computes this many rows of four columns. */
const ROWS = 4;

export type ProductVariant = {
  readonly tile: Tile;
  readonly rounding: InputRounding;
  /** Whether neighbouring values of A (of B) in memory lie in one column (in one row of Bᵀ): who loads what follows memory. */
  readonly columnsOfA: boolean;
  readonly rowsOfB: boolean;
  /** The inner dimension is divided among workgroups, which write a partial result each. */
  readonly split: boolean;
};

export interface ProductParts extends Pick<ProgramSource, 'writes' | 'reads' | 'uniforms'> {
  /**
   * Declares `loadA(row, k)`: A[row, k … k + 3], `loadB(k, column)`: B[k, column … column + 3], zeros where these lie
   * outside, and `store(row, column, part, value)`, which gets four columns of one row, some perhaps outside.
   */
  readonly declarations: string;
}

/**
 * C = A · B, tiles of A and B going through the workgroup's memory and each invocation holding 4 x 4 values of C in
 * registers. A, B and C are functions that the caller writes, so that a convolution is a product too, whose A is
 * gathered from the image as it is loaded. Uniforms `rows`, `columns`, `depth` (and `depthOfPart` when split) are the
 * caller's to declare among the others.
 */
export function matrixProduct(variant: ProductVariant, parts: ProductParts): ProgramSource {
  const { tile, rounding, columnsOfA, rowsOfB, split } = variant;
  const [tileRows, tileColumns] = sizeOf(tile);
  const [across, down] = [tileColumns / 4, tileRows / ROWS];
  const invocations = across * down;
  // One vector more than needed in each row of A: columns of it then lie in different banks.
  const strideA = DEPTH / 4 + 1;
  const [vectorsA, vectorsB] = [(tileRows * DEPTH) / 4, (tileColumns * DEPTH) / 4];
  const ofA = columnsOfA
    ? `let row = v % ${tileRows}u; let k = v / ${tileRows}u;`
    : `let k = v % ${DEPTH / 4}u; let row = v / ${DEPTH / 4}u;`;
  const ofB = rowsOfB
    ? `let k = v % ${DEPTH}u; let column = v / ${DEPTH}u;`
    : `let column = v % ${across}u; let k = v / ${across}u;`;
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  return {
    ...parts,
    workgroup: [across, down],
    half: rounding === 'f16',
    declarations: `${inputRounding(rounding)}
var<workgroup> tileA: array<Half, ${tileRows * strideA}>;
var<workgroup> tileB: array<Half, ${DEPTH * across}>;
${parts.declarations}`,
    main: `
  let part = ${split ? 'group.z' : '0u'};
  let firstRow = ${split ? 'group.y' : '(group.z * groups.y + group.y)'} * ${tileRows}u;
  let firstColumn = group.x * ${tileColumns}u;
  let depthStart = ${split ? 'part * u.depthOfPart' : '0u'};
  let depthEnd = ${split ? 'min(depthStart + u.depthOfPart, u.depth)' : 'u.depth'};
${rows.map((row) => `  var sum${row} = vec4<f32>();`).join('\n')}
  for (var depth = depthStart; depth < depthEnd; depth += ${DEPTH}u) {
    for (var v = lane; v < ${vectorsA}u; v += ${invocations}u) {
      ${ofA}
      tileA[row * ${strideA}u + k] = narrow(loadA(firstRow + row, depth + 4u * k));
    }
    for (var v = lane; v < ${vectorsB}u; v += ${invocations}u) {
      ${ofB}
      tileB[k * ${across}u + column] = narrow(loadB(depth + k, firstColumn + 4u * column));
    }
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH / 4}u; k++) {
      let b0 = vec4<f32>(tileB[(4u * k + 0u) * ${across}u + local.x]);
      let b1 = vec4<f32>(tileB[(4u * k + 1u) * ${across}u + local.x]);
      let b2 = vec4<f32>(tileB[(4u * k + 2u) * ${across}u + local.x]);
      let b3 = vec4<f32>(tileB[(4u * k + 3u) * ${across}u + local.x]);
${rows
  .map(
    (row) => `      let a${row} = vec4<f32>(tileA[(local.y * ${ROWS}u + ${row}u) * ${strideA}u + k]);
      sum${row} += a${row}.x * b0;
      sum${row} += a${row}.y * b1;
      sum${row} += a${row}.z * b2;
      sum${row} += a${row}.w * b3;`,
  )
  .join('\n')}
    }
    workgroupBarrier();
  }
  let row = firstRow + local.y * ${ROWS}u;
  let column = firstColumn + 4u * local.x;
  if (column >= u.columns) { return; }
${rows.map((i) => `  if (row + ${i}u < u.rows) { store(row + ${i}u, column, part, sum${i}); }`).join('\n')}`,
  };
}

/** `defineProgram` for products: the variant says how, and whatever else the parts depend on. */
export function defineProduct<V extends ProductVariant & Record<string, string | number | boolean>>(
  name: string,
  write: (variant: V) => ProductParts,
) {
  return defineProgram<V>(name, (variant) => matrixProduct(variant, write(variant)));
}

/** Fewer workgroups than this leave a card idle; smaller tiles, or parts, are then better than large ones. */
const BUSY_GROUPS = 96;

/** The tile for a result of this size. */
export function chooseTile(rows: number, columns: number): Tile {
  if (columns <= 32) return Math.ceil(rows / 128) >= BUSY_GROUPS ? '128x32' : '32x32';
  return Math.ceil(rows / 64) * Math.ceil(columns / 64) >= BUSY_GROUPS ? '64x64' : '32x32';
}

/** Workgroups of an unsplit product; rows go on in the third direction where the second is too short. */
export function groupsForProduct(tile: Tile, rows: number, columns: number): [x: number, y: number, z: number] {
  const [tileRows, tileColumns] = sizeOf(tile);
  const down = Math.ceil(rows / tileRows);
  const z = Math.ceil(down / MAX_GROUPS);
  return [Math.ceil(columns / tileColumns), Math.ceil(down / z), z];
}

/** Into how many parts, and how long ones, to divide the inner dimension so that a card is busy with a small result. */
export function splitDepth(
  tile: Tile,
  rows: number,
  columns: number,
  depth: number,
): { parts: number; length: number } {
  const [x, y] = groupsForProduct(tile, rows, columns);
  const wanted = Math.min(Math.ceil(BUSY_GROUPS / (x * y)), Math.ceil(depth / (8 * DEPTH)));
  const length = Math.ceil(depth / Math.max(1, wanted) / DEPTH) * DEPTH;
  return { parts: Math.ceil(depth / length), length };
}

function sizeOf(tile: Tile): [rows: number, columns: number] {
  const [rows, columns] = tile.split('x').map(Number);
  return [rows!, columns!];
}

/**
 * Declares `store` for a row-major result `y`. `finish` is an expression of `value` and `column`, such as `value`;
 * `vectors` says that `columns` is a multiple of four and `y` an array of vectors.
 */
export function storeFunction({ vectors, finish = 'value' }: { vectors: boolean; finish?: string }): string {
  const at = 'part * u.rows * u.columns + row * u.columns + column';
  const write = vectors
    ? `y[(${at}) / 4u] = result;`
    : `for (var j = 0u; j < min(4u, u.columns - column); j++) { y[${at} + j] = result[j]; }`;
  return `fn store(row: u32, column: u32, part: u32, value: vec4<f32>) {
  let result = ${finish};
  ${write}
}`;
}
