// Pointwise convolutions (and any others, as products over patches of the image) between batch norms, on blocks of rows that
// stay in cache: what comes in is normalized on its way into the product, and what goes out is counted for the next batch
// norm's statistics; the backward pass makes both gradients of one block before it goes on to the next.

import { address, integer, threadIndex } from './scheduler';
import { imageToColumns } from './convolution';
import { EDGE_BYTES, pack, packRowsOfTile, rowOfTiles } from './gemm';
import { addStatistics, beginStatistics, endStatistics, gradientBlock, normalizeBlock, throughBlock } from './normalization';
import { TILE_ROWS } from './tiles';
import { NONE, touch } from './vector';

// Parameter slots beside those of convolution.ts, the same in pointwise-kernels.ts.
const X = 50;
const X_TABLE = 51; // of the batch norm between X and the product; 0: none
const X_ROW = 52; // bytes of one row of that table
const X_ACTIVATION = 53;
const GATE = 54; // [images, K], or 0
const PIXELS = 55; // rows an image
const FROM_IMAGE = 56; // the rows are patches of images X
const ROWS = 57;
const K = 58;
const N = 59;
const Z = 60;
const Z_TABLE = 61;
const Z_ROW = 62;
const G = 63; // gradient behind the batch norm of Z and its activation
const DX = 64; // or 0
const DX_FLAGS = 65;
const PACKED = 66;
const INNER_BLOCK = 67;
const COLUMN_BLOCK = 68;
const ROWS_A_TASK = 69;
const ROWS_AT_ONCE = 70;
const PARTIALS = 71; // statistics of Z, or sums for the batch norm of X
const PARTIAL_BYTES = 72;
const D_FILTER = 73;
const D_FILTER_BYTES = 74;
const SCRATCH = 75;
const SCRATCH_STRIDE = 76;
const PACKS = 77; // the gradient is packed for the filter's gradient

/** DX holds a part of the gradient already. */
const ACCUMULATE: i32 = 1;
/** DX goes on through the activation behind X's batch norm, and its sums are wanted. */
const THROUGH: i32 = 2;

/** C[rows, columns] (+)= A[rows, inner] · the packed panels. */
function multiplyBlock(a: usize, rows: i32, inner: i32, columns: i32, c: usize, accumulate: bool, edge: usize): void {
  const aStride = <usize>inner << 2;
  const cStride = <usize>columns << 2;
  const innerBlock = integer(INNER_BLOCK);
  const columnBlock = integer(COLUMN_BLOCK);
  const padded = <usize>((columns + 7) & ~7);
  for (let k0 = 0; k0 < inner; k0 += innerBlock) {
    const kc = min(innerBlock, inner - k0);
    for (let j0 = 0; j0 < columns; j0 += columnBlock) {
      const width = min(columnBlock, columns - j0);
      const panels = address(PACKED) + (<usize>k0 * padded + <usize>j0 * <usize>kc) * 4;
      for (let i = 0; i < rows; i += TILE_ROWS) {
        rowOfTiles(
          false, min(TILE_ROWS, rows - i), width, a + <usize>i * aStride + (<usize>k0 << 2), aStride, panels, 0, true,
          kc, c + <usize>i * cStride + (<usize>j0 << 2), cStride, accumulate || k0 > 0, 0, NONE, edge,
        );
      }
    }
  }
}

/** Rows i.. of what enters the product: where X lies if nothing has to be done to it, else made in `room`. */
function inputRows(i: i32, count: i32, room: usize): usize {
  const k = integer(K);
  const stride = <usize>k << 2;
  if (integer(FROM_IMAGE) != 0) {
    imageToColumns(address(X), i, i + count, room);
    return room;
  }
  const x = address(X) + <usize>i * stride;
  if (address(X_TABLE) == 0) return x;
  touch(x, <usize>count * stride, threadIndex);
  normalizeRows(i, count, x, room);
  return room;
}

/** Rows i.. of X, at `x`, normalized, activated and gated. */
function normalizeRows(i: i32, count: i32, x: usize, room: usize): void {
  const k = integer(K);
  const stride = <usize>k << 2;
  const kind = integer(X_ACTIVATION);
  if (address(GATE) == 0) {
    normalizeBlock(kind, x, room, count, k, address(X_TABLE), address(X_ROW), 0);
    return;
  }
  const pixels = integer(PIXELS);
  while (count > 0) {
    const image = i / pixels;
    const part = min(count, (image + 1) * pixels - i);
    normalizeBlock(kind, x, room, part, k, address(X_TABLE), address(X_ROW), address(GATE) + <usize>image * stride);
    i += part;
    count -= part;
    x += <usize>part * stride;
    room += <usize>part * stride;
  }
}

/** Z = product, and its statistics. */
export function pointwiseRows(task: i32): void {
  const k = integer(K), n = integer(N);
  const first = task * integer(ROWS_A_TASK);
  const end = min(integer(ROWS), first + integer(ROWS_A_TASK));
  const edge = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const room = edge + EDGE_BYTES;
  const statistics = address(PARTIALS) + <usize>task * address(PARTIAL_BYTES);
  const row = address(Z_ROW);
  for (let i = first; i < end; i += integer(ROWS_AT_ONCE)) {
    const count = min(integer(ROWS_AT_ONCE), end - i);
    const z = address(Z) + (<usize>i * <usize>n << 2);
    multiplyBlock(inputRows(i, count, room), count, k, n, z, false, edge);
    if (i == first) beginStatistics(z, count, n, statistics, row);
    addStatistics(z, count, n, statistics, row);
  }
  endStatistics(end - first, n, statistics, row);
}

/** Both gradients: DX and this task's share of the filter's. */
export function pointwiseBackwardRows(task: i32): void {
  const k = integer(K), n = integer(N);
  const kBytes = <usize>k << 2, nBytes = <usize>n << 2;
  const atOnce = integer(ROWS_AT_ONCE);
  const first = task * integer(ROWS_A_TASK);
  const end = min(integer(ROWS), first + integer(ROWS_A_TASK));
  const through = (integer(DX_FLAGS) & THROUGH) != 0;
  const edge = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const tile = edge + EDGE_BYTES;
  const dz = tile + <usize>atOnce * 24;
  const room = dz + <usize>atOnce * nBytes + 64;
  const panels = room + <usize>atOnce * kBytes + 64;
  const dFilter = address(D_FILTER) + <usize>task * address(D_FILTER_BYTES);
  const sums = address(PARTIALS) + <usize>task * address(PARTIAL_BYTES);
  if (through) memory.fill(sums, 0, address(X_ROW) * 2);
  for (let i = first; i < end; i += atOnce) {
    const count = min(atOnce, end - i);
    const at = <usize>i * nBytes;
    touch(address(G) + at, <usize>count * nBytes, threadIndex);
    touch(address(Z) + at, <usize>count * nBytes, threadIndex);
    gradientBlock(address(G) + at, address(Z) + at, dz, count, n, address(Z_TABLE), address(Z_ROW));
    let x = room;
    if (address(DX) != 0) {
      const dx = address(DX) + <usize>i * kBytes;
      multiplyBlock(dz, count, n, k, dx, (integer(DX_FLAGS) & ACCUMULATE) != 0, edge);
      if (through) {
        touch(address(X) + <usize>i * kBytes, <usize>count * kBytes, threadIndex);
        throughBlock(integer(X_ACTIVATION), dx, dx, address(X) + <usize>i * kBytes, room, count, k, address(X_TABLE), address(X_ROW), sums);
      }
    }
    if (!through) x = inputRows(i, count, room);
    let b = dz;
    const packs = integer(PACKS) != 0;
    if (packs) {
      pack(dz, nBytes, false, 0, count, 0, n, panels);
      b = panels;
    }
    for (let m = 0; m < k; m += TILE_ROWS) {
      const rows = min(TILE_ROWS, k - m);
      let a = x + (<usize>m << 2);
      let aStride = kBytes;
      if (packs && TILE_ROWS == 6) {
        packRowsOfTile(a, kBytes, count, tile);
        a = tile;
        aStride = 24;
      }
      rowOfTiles(
        true, rows, n, a, aStride, b, nBytes, packs, count, dFilter + <usize>m * nBytes, nBytes, i > first, 0, NONE, edge,
      );
    }
  }
}
