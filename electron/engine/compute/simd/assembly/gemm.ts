// Matrix products from register tiles (Goto & van de Geijn 2008): C[m, n] = op(A) · op(B).
//
// A is read where it lies. B is packed into panels of TILE_COLUMNS columns, [panel][k][column], or read where it lies
// when it is used too few times for that to pay. What remains of 8 columns or fewer is a panel of 8.

import { address, integer, threadIndex } from './scheduler';
import { TILE_COLUMNS, TILE_ROWS, tileN8, tileNWide, tileT8, tileTWide } from './tiles';
import { activate, HARD_SIGMOID, HARD_SWISH, NONE, RELU6, storeLanes } from './vector';
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

/** A place in memory that is always zero: what C starts from. */
const ZEROS: usize = 1024;

/** Rows of A from which on the next ones are fetched ahead, where they are most of what is read. */
const MANY_ROWS: i32 = 2048;

/** Columns of B from which on rows of A are packed as well, where A is stored as [k, m]. */
const MANY_COLUMNS: i32 = 64;

/** The most of k at a time for which there is room to pack rows of A. */
const MOST_K: usize = 256;

/** Room at the start of a thread's scratch for the tiles that hang over the edge, and for the bias there. */
export const EDGE_BYTES: usize = 512;
const EDGE_BIAS: usize = 448;
const EDGE_STRIDE: usize = 64;

/** Columns of the panel that begins where `left` columns are left. */
// @ts-ignore: decorator
@inline function panelColumns(left: i32): i32 {
  return left > 8 ? TILE_COLUMNS : 8;
}

/** Packs rows k0.. of columns j0..j1 into panels, filled up with zeros. */
export function pack(b: usize, stride: usize, transposed: bool, k0: i32, kc: i32, j0: i32, j1: i32, target: usize): void {
  while (j0 < j1) {
    const width = panelColumns(j1 - j0);
    const columns = min(width, j1 - j0);
    const step = <usize>width << 2;
    if (transposed) {
      packTransposed(b + <usize>j0 * stride + (<usize>k0 << 2), stride, kc, columns, width, target);
    } else {
      const source = b + <usize>k0 * stride + (<usize>j0 << 2);
      if (columns < width) packPart(source, stride, kc, columns, step, target);
      else if (TILE_COLUMNS == 16 && width == 16) pack16(source, stride, kc, target);
      else pack8(source, stride, kc, target);
    }
    target += <usize>kc * step;
    j0 += width;
  }
}

/**
 * Reads rows of `bytes` bytes in the order of memory and many at once, so that they are in cache when tiles read them
 * across; `sink` keeps the reads alive.
 */
function fetchRows(source: usize, stride: usize, rows: i32, bytes: usize, sink: usize): void {
  let seen = v128.load(source);
  for (; rows > 0; rows--) {
    for (let at = source, end = source + bytes; at < end; at += 64) seen = v128.or(seen, v128.load(at));
    source += stride;
  }
  v128.store(sink, seen);
}

function pack16(source: usize, stride: usize, kc: i32, target: usize): void {
  for (; kc > 0; kc--) {
    const x0 = v128.load(source);
    const x1 = v128.load(source, 16);
    const x2 = v128.load(source, 32);
    const x3 = v128.load(source, 48);
    v128.store(target, x1, 16);
    v128.store(target, x0);
    v128.store(target, x3, 48);
    v128.store(target, x2, 32);
    source += stride;
    target += 64;
  }
}

function pack8(source: usize, stride: usize, kc: i32, target: usize): void {
  for (; kc > 0; kc--) {
    const x0 = v128.load(source);
    const x1 = v128.load(source, 16);
    v128.store(target, x1, 16);
    v128.store(target, x0);
    source += stride;
    target += 32;
  }
}

function packPart(source: usize, stride: usize, kc: i32, columns: i32, step: usize, target: usize): void {
  for (; kc > 0; kc--) {
    let j: i32 = 0;
    for (; j + 4 <= columns; j += 4) v128.store(target + (<usize>j << 2), v128.load(source + (<usize>j << 2)));
    for (; j < columns; j++) store<f32>(target + (<usize>j << 2), load<f32>(source + (<usize>j << 2)));
    for (const end = <i32>(step >> 2); j < end; j++) store<f32>(target + (<usize>j << 2), 0);
    source += stride;
    target += step;
  }
}

/** Four columns at a time, which are rows as stored; then what is left of columns and of k. */
function packTransposed(source: usize, stride: usize, kc: i32, columns: i32, width: i32, target: usize): void {
  const step = <usize>width << 2;
  const fours = kc & ~3;
  let j: i32 = 0;
  for (; j + 4 <= columns; j += 4) {
    let from = source;
    let to = target;
    for (let k = 0; k < fours; k += 4) {
      transpose4(from, stride, to, step);
      from += 16;
      to += step << 2;
    }
    for (let k = fours; k < kc; k++) {
      store<f32>(to, load<f32>(from));
      store<f32>(to, load<f32>(from + stride), 4);
      store<f32>(to, load<f32>(from + stride * 2), 8);
      store<f32>(to, load<f32>(from + stride * 3), 12);
      from += 4;
      to += step;
    }
    source += stride << 2;
    target += 16;
  }
  for (; j < width; j++) {
    let from = source;
    let to = target;
    for (let k = 0; k < kc; k++) {
      store<f32>(to, j < columns ? load<f32>(from) : 0);
      from += 4;
      to += step;
    }
    source += stride;
    target += 4;
  }
}

// @ts-ignore: decorator
@inline function transpose4(source: usize, stride: usize, target: usize, step: usize): void {
  const r0 = v128.load(source);
  const r1 = v128.load(source + stride);
  const r2 = v128.load(source + stride * 2);
  const r3 = v128.load(source + stride * 3);
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
  v128.store(target + step, v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  v128.store(target + step * 2, v128.shuffle<f32>(c, d, 0, 1, 4, 5));
  v128.store(target + step * 3, v128.shuffle<f32>(c, d, 2, 3, 6, 7));
}

/** Packs for this thread alone, straight from memory. */
function packOwn(b: usize, stride: usize, transposed: bool, k0: i32, kc: i32, j0: i32, j1: i32, target: usize, sink: usize): void {
  // A panel is narrower than what the memory delivers at once.
  if (!transposed) fetchRows(b + <usize>k0 * stride + (<usize>j0 << 2), stride, kc, <usize>(j1 - j0) << 2, sink);
  pack(b, stride, transposed, k0, kc, j0, j1, target);
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

/**
 * One row of tiles: `rows` x `columns` of C, from k to k + kc. C starts from `from`: zeros (fromStride and bias 0), the
 * bias (fromStride 0) or C itself.
 */
// @ts-ignore: decorator
@inline export function rowOfTiles(
  transposed: bool,
  rows: i32,
  columns: i32,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  packed: bool,
  kc: i32,
  c: usize,
  cStride: usize,
  accumulate: bool,
  bias: usize,
  activation: i32,
  edge: usize,
): void {
  const low: f32 = activation == NONE || activation >= HARD_SWISH ? -Infinity : 0;
  const high: f32 = activation == RELU6 ? 6 : Infinity;
  const from = accumulate ? c : bias != 0 ? bias : ZEROS;
  const fromStride: usize = accumulate ? cStride : 0;
  const step: usize = accumulate || bias != 0 ? 4 : 0; // Bytes a column.
  const wide = columns / TILE_COLUMNS;
  const wideStep: usize = packed ? <usize>kc * (TILE_COLUMNS << 2) : TILE_COLUMNS << 2;
  let done = wide * TILE_COLUMNS;
  if (wide > 0) {
    const stride: usize = packed ? TILE_COLUMNS << 2 : bStride;
    if (transposed)
      tileTWide(rows, a, aStride, b, stride, wideStep, kc, c, cStride, from, fromStride, step * TILE_COLUMNS, low, high, wide);
    else
      tileNWide(rows, a, aStride, b, stride, wideStep, kc, c, cStride, from, fromStride, step * TILE_COLUMNS, low, high, wide);
  }
  if (done < columns) {
    const left = columns - done;
    const width = panelColumns(left);
    const stride: usize = packed ? <usize>width << 2 : bStride;
    b += <usize>wide * wideStep;
    let target = c + (<usize>done << 2);
    let targetStride = cStride;
    let start = from + <usize>done * step;
    let startStride = fromStride;
    if (left < width) {
      // Computed aside, because a full tile would write into the next row.
      if (accumulate) {
        copyTile(target, cStride, edge, EDGE_STRIDE, rows, left);
        start = edge;
        startStride = EDGE_STRIDE;
      } else if (bias != 0) {
        copyTile(start, 0, edge + EDGE_BIAS, 0, 1, left);
        start = edge + EDGE_BIAS;
      }
      target = edge;
      targetStride = EDGE_STRIDE;
    }
    if (TILE_COLUMNS == 8 || width == 8) {
      if (transposed) tileT8(rows, a, aStride, b, stride, 0, kc, target, targetStride, start, startStride, 0, low, high, 1);
      else tileN8(rows, a, aStride, b, stride, 0, kc, target, targetStride, start, startStride, 0, low, high, 1);
    } else {
      if (transposed)
        tileTWide(rows, a, aStride, b, stride, 0, kc, target, targetStride, start, startStride, 0, low, high, 1);
      else tileNWide(rows, a, aStride, b, stride, 0, kc, target, targetStride, start, startStride, 0, low, high, 1);
    }
    if (left < width) copyTile(edge, EDGE_STRIDE, c + (<usize>done << 2), cStride, rows, left);
  }
  if (activation >= HARD_SWISH) activateRows(c, cStride, rows, columns, activation);
}

function copyTile(source: usize, sourceStride: usize, target: usize, targetStride: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) store<f32>(target + (<usize>j << 2), load<f32>(source + (<usize>j << 2)));
    source += sourceStride;
    target += targetStride;
  }
}

function activateRows(c: usize, stride: usize, rows: i32, columns: i32, activation: i32): void {
  for (let i = 0; i < rows; i++) {
    if (activation == HARD_SWISH) activateRow(HARD_SWISH, c, columns);
    else activateRow(HARD_SIGMOID, c, columns);
    c += stride;
  }
}

// @ts-ignore: decorator
@inline function activateRow(kind: i32, c: usize, columns: i32): void {
  let j = columns;
  let at = c;
  for (; j >= 8; j -= 8) {
    const x0 = activate(kind, v128.load(at));
    const x1 = activate(kind, v128.load(at, 16));
    v128.store(at, x1, 16);
    v128.store(at, x0);
    at += 32;
  }
  for (; j > 0; j -= 4) {
    storeLanes(at, activate(kind, v128.load(at)), j);
    at += 16;
  }
}

/** Adds the bias to rows of C, for products that add to what C holds. */
function addBias(c: usize, stride: usize, rows: i32, bias: usize, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = <usize>j << 2;
      store<f32>(c + at, load<f32>(c + at) + load<f32>(bias + at));
    }
    c += stride;
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
  const fetchAhead = !(flags & FROM_IMAGE) && integer(M) >= MANY_ROWS && k >= 64 && k <= kBlock && k >= 2 * n;
  // Once at least: with k = 0, C is the bias alone.
  for (let k0 = 0; k0 == 0 || k0 < k; k0 += kBlock) {
    const kc = min(kBlock, k - k0);
    const last = k0 + kc == k;
    const accumulate = k0 > 0 || (flags & ACCUMULATE) != 0;
    let panels: usize;
    const bStride = address(B_STRIDE);
    if (packing == PACK_OWN) {
      packOwn(b0, bStride, (flags & TRANSPOSE_B) != 0, k0, kc, j0, j1, free, edge);
      panels = free;
    } else if (packing == PACK_SHARED) {
      panels = address(PACKED) + (<usize>k0 * padded + <usize>j0 * <usize>kc) * 4;
    } else {
      panels = b0 + <usize>k0 * bStride + (<usize>j0 << 2);
    }
    for (let i = i0; i < i1; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, i1 - i);
      if (fetchAhead) {
        const next = i + TILE_ROWS;
        if (next < i1) fetchRows(a0 + <usize>next * aStride, 0, 1, <usize>min(TILE_ROWS, i1 - next) * aStride, edge);
      }
      const c = c0 + <usize>i * cStride + (<usize>j0 << 2);
      const tileBias = bias != 0 && k0 == 0 ? bias + (<usize>j0 << 2) : 0;
      if (accumulate && tileBias != 0) addBias(c, cStride, rows, tileBias, j1 - j0);
      rowOfTiles(
        false, rows, j1 - j0, a0 + <usize>i * aStride + (<usize>k0 << 2), aStride, panels, bStride, packing != PACK_NONE,
        kc, c, cStride, accumulate, tileBias, last ? activation : NONE, edge,
      );
    }
  }
}

/** Copies the 6 values that a tile takes of each row of A together. */
export function packRowsOfTile(a: usize, stride: usize, kc: i32, target: usize): void {
  for (; kc > 0; kc--) {
    v128.store(target, v128.load(a));
    store<u64>(target, load<u64>(a, 16), 16);
    a += stride;
    target += 24;
  }
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
  const packedRows = edge + EDGE_BYTES;
  const free = packedRows + MOST_K * 24;
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
      fetchRows(rowsOfA, 0, 1, <usize>kc * aStride, edge);
    } else if (packing == PACK_OWN) {
      fetchRows(rowsOfA + (<usize>i0 << 2), aStride, kc, <usize>(i1 - i0) << 2, edge);
    }
    let panels: usize;
    const bStride = address(B_STRIDE);
    if (packing == PACK_OWN) {
      packOwn(b0, bStride, (flags & TRANSPOSE_B) != 0, k0, kc, j0, j1, free, edge);
      panels = free;
    } else {
      panels = b0 + <usize>k0 * bStride + (<usize>j0 << 2);
      if (nBlocks == 1) fetchRows(panels, 0, 1, <usize>kc * bStride, edge);
    }
    for (let i = i0; i < i1; i += TILE_ROWS) {
      const rows = min(TILE_ROWS, i1 - i);
      const c = c0 + <usize>i * cStride + (<usize>j0 << 2);
      const tileBias = bias != 0 && first ? bias + (<usize>j0 << 2) : 0;
      let tile = rowsOfA + (<usize>i << 2);
      let tileStride = aStride;
      if (packing == PACK_OWN && TILE_ROWS == 6 && n >= MANY_COLUMNS && kc <= <i32>MOST_K) {
        packRowsOfTile(tile, aStride, kc, packedRows);
        tile = packedRows;
        tileStride = 24;
      }
      if (accumulate && tileBias != 0) addBias(c, cStride, rows, tileBias, j1 - j0);
      rowOfTiles(
        true, rows, j1 - j0, tile, tileStride, panels, bStride, packing != PACK_NONE,
        kc, c, cStride, accumulate, tileBias, last ? activation : NONE, edge,
      );
    }
  }
}
