// Matrix products from register tiles (Goto & van de Geijn 2008): C[m, n] = op(A) · op(B).
//
// A is read where it lies. B is packed into panels of 8 columns, [panel][k][8], or read where it lies when it is
// used too few times for that to pay.

import { address, integer, threadIndex } from './scheduler';
import { TILE_ROWS, tileN, tileT } from './tiles';
import { activate, HARD_SIGMOID, HARD_SWISH, storeLanes } from './vector';
import { imageToColumns } from './convolution';

// Parameter slots, the same in gemm-kernels.ts.
const A = 0;
const B = 1;
const C = 2;
const M = 3;
const N = 4;
const K = 5;
const A_STRIDE = 6; // bytes from row to row as stored
const B_STRIDE = 7;
const C_STRIDE = 8;
const FLAGS = 9;
const BIAS = 10;
const ACTIVATION = 11;
const PACKED = 12;
const M_BLOCK = 13;
const N_BLOCK = 14;
const K_BLOCK = 15;
const N_BLOCKS = 16;
const PACKING = 17;
const SCRATCH = 18;
const SCRATCH_STRIDE = 19;
const M_BLOCKS = 20;
const K_CHUNK = 21;
const PARTIAL_STRIDE = 22; // bytes from one chunk's C to the next
const BATCH_TASKS = 23; // tasks a matrix; 0: one matrix
const BATCH_A = 24; // bytes from matrix to matrix
const BATCH_B = 25;
const BATCH_C = 26;

const TRANSPOSE_B: i32 = 1;
const ACCUMULATE: i32 = 2;
const FROM_IMAGE: i32 = 4;

const PACK_NONE: i32 = 0;
const PACK_SHARED: i32 = 1;
const PACK_OWN: i32 = 2;

/** Room at the start of a thread's scratch for a tile that hangs over the edge. */
const EDGE_BYTES: usize = 256;

/** Packs rows k0.. of columns j0..j1 into panels of 8, filled up with zeros. */
function pack(b: usize, stride: usize, transposed: bool, k0: i32, kc: i32, j0: i32, j1: i32, target: usize): void {
  for (let j = j0; j < j1; j += 8) {
    const columns = min(8, j1 - j);
    if (transposed) {
      packTransposedPanel(b + <usize>j * stride + (<usize>k0 << 2), stride, kc, columns, target);
    } else {
      let source = b + <usize>k0 * stride + (<usize>j << 2);
      let to = target;
      if (columns == 8) {
        for (let k = 0; k < kc; k++) {
          v128.store(to, v128.load(source));
          v128.store(to, v128.load(source, 16), 16);
          source += stride;
          to += 32;
        }
      } else {
        for (let k = 0; k < kc; k++) {
          v128.store(to, f32x4.splat(0));
          v128.store(to, f32x4.splat(0), 16);
          storeLanes(to, v128.load(source), columns);
          if (columns > 4) storeLanes(to + 16, v128.load(source, 16), columns - 4);
          source += stride;
          to += 32;
        }
      }
    }
    target += <usize>kc << 5;
  }
}

function packTransposedPanel(source: usize, stride: usize, kc: i32, columns: i32, target: usize): void {
  let k = 0;
  if (columns == 8) {
    for (; k + 4 <= kc; k += 4) {
      transpose4(source, stride, target);
      transpose4(source + (stride << 2), stride, target + 16);
      source += 16;
      target += 128;
    }
  }
  for (; k < kc; k++) {
    let from = source;
    for (let j = 0; j < 8; j++) {
      store<f32>(target + (<usize>j << 2), j < columns ? load<f32>(from) : 0);
      from += stride;
    }
    source += 4;
    target += 32;
  }
}

// @ts-ignore: decorator
@inline function transpose4(source: usize, stride: usize, target: usize): void {
  const r0 = v128.load(source);
  const r1 = v128.load(source + stride);
  const r2 = v128.load(source + stride * 2);
  const r3 = v128.load(source + stride * 3);
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
  v128.store(target, v128.shuffle<f32>(a, b, 2, 3, 6, 7), 32);
  v128.store(target, v128.shuffle<f32>(c, d, 0, 1, 4, 5), 64);
  v128.store(target, v128.shuffle<f32>(c, d, 2, 3, 6, 7), 96);
}

/** One task packs one column block of B for all. */
export function packShared(task: i32): void {
  const n = integer(N);
  const k = integer(K);
  const kBlock = integer(K_BLOCK);
  const padded = <usize>((n + 7) & ~7);
  const j0 = task * integer(N_BLOCK);
  const j1 = min(n, j0 + integer(N_BLOCK));
  for (let k0 = 0; k0 < k; k0 += kBlock) {
    const kc = min(kBlock, k - k0);
    const target = address(PACKED) + (<usize>k0 * padded + <usize>j0 * <usize>kc) * 4;
    pack(address(B), address(B_STRIDE), (integer(FLAGS) & TRANSPOSE_B) != 0, k0, kc, j0, j1, target);
  }
}

// @ts-ignore: decorator
@inline function columnsOfTile(
  transposed: bool,
  rows: i32,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  k: i32,
  c: usize,
  cStride: usize,
  accumulate: bool,
  bias: usize,
  columns: i32,
  activation: i32,
  edge: usize,
): void {
  let target = c;
  let stride = cStride;
  let tileBias = bias;
  if (columns < 8) {
    // Computed aside, because a full tile would write into the next row.
    target = edge;
    stride = 32;
    if (accumulate) copyTile(c, cStride, edge, 32, rows, columns);
    if (bias != 0) {
      for (let j = 0; j < 8; j++) store<f32>(edge + 192 + (<usize>j << 2), j < columns ? load<f32>(bias + (<usize>j << 2)) : 0);
      tileBias = edge + 192;
    }
  }
  const clampKind = activation < HARD_SWISH ? activation : 0;
  if (transposed) tileT(rows, a, aStride, b, bStride, k, target, stride, accumulate, tileBias, clampKind);
  else tileN(rows, a, aStride, b, bStride, k, target, stride, accumulate, tileBias, clampKind);
  if (activation >= HARD_SWISH) activateTile(target, stride, rows, activation);
  if (columns < 8) copyTile(edge, 32, c, cStride, rows, columns);
}

function copyTile(source: usize, sourceStride: usize, target: usize, targetStride: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) store<f32>(target + (<usize>j << 2), load<f32>(source + (<usize>j << 2)));
    source += sourceStride;
    target += targetStride;
  }
}

function activateTile(c: usize, stride: usize, rows: i32, activation: i32): void {
  if (activation == HARD_SWISH) {
    for (let i = 0; i < rows; i++) {
      v128.store(c, activate(HARD_SWISH, v128.load(c)));
      v128.store(c, activate(HARD_SWISH, v128.load(c, 16)), 16);
      c += stride;
    }
  } else {
    for (let i = 0; i < rows; i++) {
      v128.store(c, activate(HARD_SIGMOID, v128.load(c)));
      v128.store(c, activate(HARD_SIGMOID, v128.load(c, 16)), 16);
      c += stride;
    }
  }
}

/** A row-major, B packed: one task computes a block of rows times a block of columns. */
export function multiply(task: i32): void {
  let a0 = address(A);
  let b0 = address(B);
  let c0 = address(C);
  const perMatrix = integer(BATCH_TASKS);
  if (perMatrix != 0) {
    const matrix = <usize>(task / perMatrix);
    task = task % perMatrix;
    a0 += matrix * address(BATCH_A);
    b0 += matrix * address(BATCH_B);
    c0 += matrix * address(BATCH_C);
  }
  const n = integer(N);
  const k = integer(K);
  const kBlock = integer(K_BLOCK);
  const nBlocks = integer(N_BLOCKS);
  const flags = integer(FLAGS);
  const packing = integer(PACKING);
  const bias = address(BIAS);
  const activation = integer(ACTIVATION);
  const cStride = address(C_STRIDE);
  const padded = <usize>((n + 7) & ~7);
  const i0 = (task / nBlocks) * integer(M_BLOCK);
  const i1 = min(integer(M), i0 + integer(M_BLOCK));
  const j0 = (task % nBlocks) * integer(N_BLOCK);
  const j1 = min(n, j0 + integer(N_BLOCK));
  const edge = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  let free = edge + EDGE_BYTES;
  let aStride = address(A_STRIDE);
  if (flags & FROM_IMAGE) {
    imageToColumns(a0, i0, i1, free);
    a0 = free - <usize>i0 * aStride;
    free += <usize>(i1 - i0) * aStride;
    free = (free + 63) & ~63;
  }
  // Once at least: with k = 0, C is the bias alone.
  for (let k0 = 0; k0 == 0 || k0 < k; k0 += kBlock) {
    const kc = min(kBlock, k - k0);
    const last = k0 + kc == k;
    const accumulate = k0 > 0 || (flags & ACCUMULATE) != 0;
    let panels: usize;
    let panelBytes: usize = <usize>kc << 5;
    let bStride: usize = 32;
    if (packing == PACK_OWN) {
      pack(b0, address(B_STRIDE), (flags & TRANSPOSE_B) != 0, k0, kc, j0, j1, free);
      panels = free;
    } else if (packing == PACK_SHARED) {
      panels = address(PACKED) + (<usize>k0 * padded + <usize>j0 * <usize>kc) * 4;
    } else {
      bStride = address(B_STRIDE);
      panels = b0 + <usize>k0 * bStride + (<usize>j0 << 2);
      panelBytes = 32;
    }
    for (let i = i0; i < i1; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, i1 - i);
      const a = a0 + <usize>i * aStride + (<usize>k0 << 2);
      let c = c0 + <usize>i * cStride + (<usize>j0 << 2);
      let b = panels;
      for (let j = j0; j < j1; j += 8) {
        columnsOfTile(
          false, rows, a, aStride, b, bStride, kc, c, cStride, accumulate,
          bias != 0 && k0 == 0 ? bias + (<usize>j << 2) : 0, j1 - j, last ? activation : 0, edge,
        );
        b += panelBytes;
        c += 32;
      }
    }
  }
}

/** Reads memory as it lies, so that it is in cache when the tiles read it across; `sink` keeps the reads alive. */
function touch(from: usize, bytes: usize, sink: usize): void {
  let seen = v128.load(from);
  for (const end = from + bytes; from < end; from += 64) seen = v128.or(seen, v128.load(from));
  v128.store(sink, seen);
}

/** A stored as [k, m]: one task computes a block of C over one chunk of k, into that chunk's own copy of C. */
export function multiplyTransposed(task: i32): void {
  const n = integer(N);
  const k = integer(K);
  const kBlock = integer(K_BLOCK);
  const nBlocks = integer(N_BLOCKS);
  const mBlocks = integer(M_BLOCKS);
  const flags = integer(FLAGS);
  const packing = integer(PACKING);
  const bias = address(BIAS);
  const activation = integer(ACTIVATION);
  const cStride = address(C_STRIDE);
  let a0 = address(A);
  let b0 = address(B);
  let c0 = address(C);
  const perMatrix = integer(BATCH_TASKS);
  if (perMatrix != 0) {
    const matrix = <usize>(task / perMatrix);
    task = task % perMatrix;
    a0 += matrix * address(BATCH_A);
    b0 += matrix * address(BATCH_B);
    c0 += matrix * address(BATCH_C);
  }
  const chunk = task / (mBlocks * nBlocks);
  const block = task % (mBlocks * nBlocks);
  const i0 = (block / nBlocks) * integer(M_BLOCK);
  const i1 = min(integer(M), i0 + integer(M_BLOCK));
  const j0 = (block % nBlocks) * integer(N_BLOCK);
  const j1 = min(n, j0 + integer(N_BLOCK));
  const edge = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const free = edge + EDGE_BYTES;
  const aStride = address(A_STRIDE);
  const start = chunk * integer(K_CHUNK);
  const end = min(k, start + integer(K_CHUNK));
  c0 += <usize>chunk * address(PARTIAL_STRIDE);
  for (let k0 = start; k0 == start || k0 < end; k0 += kBlock) {
    const kc = min(kBlock, end - k0);
    const first = k0 == start;
    const last = k0 + kc == end;
    const accumulate = !first || (flags & ACCUMULATE) != 0;
    let rowsOfA = a0 + <usize>k0 * aStride;
    if (flags & FROM_IMAGE) {
      imageToColumns(a0, k0, k0 + kc, free);
      rowsOfA = free;
    } else if (mBlocks == 1) {
      touch(rowsOfA, <usize>kc * aStride, edge);
    }
    let panels: usize;
    let panelBytes: usize = <usize>kc << 5;
    let bStride: usize = 32;
    if (packing == PACK_OWN) {
      pack(b0, address(B_STRIDE), (flags & TRANSPOSE_B) != 0, k0, kc, j0, j1, free);
      panels = free;
    } else {
      bStride = address(B_STRIDE);
      panels = b0 + <usize>k0 * bStride + (<usize>j0 << 2);
      panelBytes = 32;
      if (nBlocks == 1) touch(panels, <usize>kc * bStride, edge);
    }
    for (let i = i0; i < i1; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, i1 - i);
      const a = rowsOfA + (<usize>i << 2);
      let c = c0 + <usize>i * cStride + (<usize>j0 << 2);
      let b = panels;
      for (let j = j0; j < j1; j += 8) {
        columnsOfTile(
          true, rows, a, aStride, b, bStride, kc, c, cStride, accumulate,
          bias != 0 && first ? bias + (<usize>j << 2) : 0, j1 - j, last ? activation : 0, edge,
        );
        b += panelBytes;
        c += 32;
      }
    }
  }
}
