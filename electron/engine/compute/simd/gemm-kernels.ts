import { ACTIVATION_CODES } from './activation-codes.ts';
import type { GemmArguments, SimdKernels } from './kernel-types.ts';
import { type Launcher, scratchStride } from './launcher.ts';

// Parameter slots, the same in assembly/gemm.ts.
const A = 0;
const B = 1;
const C = 2;
const M = 3;
const N = 4;
const K = 5;
const A_STRIDE = 6;
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
const PARTIAL_STRIDE = 22;
const BATCH_TASKS = 23;
const BATCH_A = 24;
const BATCH_B = 25;
const BATCH_C = 26;

const TRANSPOSE_B = 1;
const ACCUMULATE = 2;
const FROM_IMAGE = 4;

const PACK_NONE = 0;
const PACK_SHARED = 1;
const PACK_OWN = 2;

/** Room for tiles that hang over the edge, at the start of a thread's scratch; assembly/gemm.ts has the same. */
export const EDGE_BYTES = 512;

/** Multiply-adds below which a task costs more to hand over than to compute. */
const SMALL_TASK = 1 << 16;

/** Columns of the widest register tile of any variant. */
const WIDEST_TILE = 16;

/** k at a time: a panel of A (6 rows) and one of B (8 or 16 columns) stay in the first-level cache. */
const K_AT_ONCE = 320;

/** k at a time at most where A is stored as [k, m]; assembly/gemm.ts has the same. */
const MOST_K = 256;

/** Rows of C from which on it pays to pack B where A is stored as [k, m]. */
const MANY_ROWS_OF_C = 48;

/** Rows below which packing B costs more than it saves. */
const FEW_ROWS = 13;

export interface Batching {
  count: number;
  strideA: number;
  strideB: number;
  strideC: number;
}

const divideUp = (value: number, by: number) => Math.ceil(value / by);
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/**
 * The matrix product. How it is cut into tasks depends on shapes alone. `fromImage`: A is an image whose patches are
 * the rows (the convolution's parameters stand in their slots already).
 */
export function multiplyMatrices(
  launcher: Launcher,
  arguments_: GemmArguments,
  batching?: Batching | undefined,
  fromImage = false,
): void {
  const { m, n, k } = arguments_;
  if (m === 0 || n === 0 || (batching !== undefined && batching.count === 0)) return;
  const p = launcher.integers;
  p[A] = arguments_.a;
  p[B] = arguments_.b;
  p[C] = arguments_.c;
  p[M] = m;
  p[N] = n;
  p[K] = k;
  p[A_STRIDE] = (arguments_.transposeA ? m : k) * 4;
  p[B_STRIDE] = (arguments_.transposeB ? k : n) * 4;
  p[C_STRIDE] = n * 4;
  p[FLAGS] =
    (arguments_.transposeB ? TRANSPOSE_B : 0) | (arguments_.accumulate ? ACCUMULATE : 0) | (fromImage ? FROM_IMAGE : 0);
  p[BIAS] = arguments_.bias ?? 0;
  p[ACTIVATION] = ACTIVATION_CODES[arguments_.activation ?? 'none'];
  p[BATCH_TASKS] = 0;
  if (batching !== undefined) {
    p[BATCH_A] = batching.strideA * 4;
    p[BATCH_B] = batching.strideB * 4;
    p[BATCH_C] = batching.strideC * 4;
  }
  if (arguments_.transposeA) multiplyTransposed(launcher, arguments_, batching, fromImage);
  else multiplyPlain(launcher, arguments_, batching, fromImage);
}

/** k at a time: `k` in equal parts. */
export function divideInner(k: number): number {
  return k <= K_AT_ONCE ? k : divideUp(k, divideUp(k, K_AT_ONCE));
}

/** Columns at a time: B's block, `innerBlock` deep, stays in the second-level cache beside the rows of A. */
export function divideColumns(innerBlock: number): number {
  return Math.max(WIDEST_TILE, Math.floor(65536 / Math.max(1, innerBlock) / WIDEST_TILE) * WIDEST_TILE);
}

/** Bytes of a packed matrix [k, n]. */
export function packedBytes(k: number, n: number): number {
  return roundUp(k * roundUp(n, 8) * 4, 64);
}

/** Packs B, `[k, n]` or (transposed) `[n, k]`, into panels at `packed`. */
export function packMatrix(launcher: Launcher, { b, n, k, transposed, packed, innerBlock }: PackedMatrix): void {
  const p = launcher.integers;
  p[B] = b;
  p[N] = n;
  p[K] = k;
  p[B_STRIDE] = (transposed ? k : n) * 4;
  p[FLAGS] = transposed ? TRANSPOSE_B : 0;
  p[PACKED] = packed;
  p[K_BLOCK] = innerBlock;
  runPacking(launcher, n, k);
}

interface PackedMatrix {
  b: number;
  n: number;
  k: number;
  transposed: boolean;
  packed: number;
  innerBlock: number;
}

function runPacking(launcher: Launcher, n: number, k: number): void {
  const perTask = roundUp(divideUp(8192, Math.max(1, k)), WIDEST_TILE);
  launcher.integers[N_BLOCK] = perTask;
  launcher.run('packShared', divideUp(n, perTask));
}

function multiplyPlain(
  launcher: Launcher,
  arguments_: GemmArguments,
  batching: Batching | undefined,
  fromImage: boolean,
): void {
  const { m, n, k } = arguments_;
  const { tileRows, tileColumns } = launcher;
  const p = launcher.integers;
  const kBlock = divideInner(k);
  const widest = divideColumns(kBlock);
  let nBlock = Math.min(widest, roundUp(n, tileColumns));
  let mBlock: number;
  let packing: number;
  if (m < FEW_ROWS && !arguments_.transposeB) {
    packing = PACK_NONE;
    mBlock = m;
    nBlock = Math.min(nBlock, Math.max(32, roundUp(divideUp(SMALL_TASK, m * k), tileColumns)));
  } else if (m <= 256 || batching !== undefined) {
    packing = PACK_OWN;
    mBlock = Math.min(m, 512);
    const spread = roundUp(divideUp(n, 6 * launcher.threads), tileColumns);
    nBlock = Math.min(nBlock, Math.max(spread, roundUp(divideUp(SMALL_TASK, mBlock * k), tileColumns)));
  } else {
    packing = PACK_SHARED;
    const rows = Math.max(1, Math.floor(49152 / Math.max(1, kBlock) / tileRows)) * tileRows;
    const enough = roundUp(divideUp(SMALL_TASK, Math.max(1, k) * nBlock), tileRows);
    const spread = roundUp(divideUp(m, 16), tileRows);
    mBlock = Math.max(tileRows, Math.min(Math.max(rows, enough), Math.max(spread, enough), 1536));
  }
  if (fromImage) {
    const rows = Math.max(1, Math.floor(131072 / Math.max(1, k) / tileRows)) * tileRows;
    mBlock = Math.min(mBlock, rows);
    // Patches are made once for all columns.
    if (packing !== PACK_NONE) packing = PACK_SHARED;
    if (nBlock < n) nBlock = roundUp(n, tileColumns);
  }
  const nBlocks = divideUp(n, nBlock);
  const mBlocks = divideUp(m, mBlock);
  const patches = fromImage ? mBlock * k * 4 + 64 : 0;
  const own = packing === PACK_OWN ? kBlock * nBlock * 4 : 0;
  const scratch = scratchStride(EDGE_BYTES + patches + own + 64);
  const packed = packing === PACK_SHARED ? packedBytes(k, n) : 0;
  const workspace = launcher.workspace(packed + scratch * launcher.threads);
  p[PACKED] = workspace;
  p[SCRATCH] = workspace + packed;
  p[SCRATCH_STRIDE] = scratch;
  p[PACKING] = packing;
  p[K_BLOCK] = Math.max(1, kBlock);
  p[N_BLOCKS] = nBlocks;
  if (packing === PACK_SHARED) runPacking(launcher, n, k);
  p[M_BLOCK] = mBlock;
  p[N_BLOCK] = nBlock;
  const tasks = mBlocks * nBlocks;
  if (batching !== undefined) p[BATCH_TASKS] = tasks;
  launcher.run('multiply', tasks * (batching?.count ?? 1));
}

function multiplyTransposed(
  launcher: Launcher,
  arguments_: GemmArguments,
  batching: Batching | undefined,
  fromImage: boolean,
): void {
  const { c, m, n, k } = arguments_;
  const p = launcher.integers;
  // Many rows of C pay for packing B; else a few rows of A and B at a time stay in the first-level cache as they are.
  const own = arguments_.transposeB === true || (m >= MANY_ROWS_OF_C && !fromImage && batching === undefined);
  const kAtOnce = own ? (n >= 64 ? MOST_K : MOST_K / 2) : Math.max(32, Math.min(MOST_K, Math.floor(6144 / (m + n))));
  const mBlock = Math.min(m, 16 * launcher.tileRows);
  const nBlock = Math.min(roundUp(n, launcher.tileColumns), 256);
  const mBlocks = fromImage ? 1 : divideUp(m, mBlock);
  const nBlocks = divideUp(n, nBlock);
  const tiles = mBlocks * nBlocks;
  const plain = batching !== undefined || arguments_.bias !== undefined || (arguments_.activation ?? 'none') !== 'none';
  const worthwhile = Math.floor((m * n * k) / SMALL_TASK);
  const chunks = plain ? 1 : Math.max(1, Math.min(divideUp(24, tiles), divideUp(k, 192), worthwhile));
  const kChunk = roundUp(divideUp(Math.max(1, k), chunks), 8);
  const parts = divideUp(Math.max(1, k), kChunk);
  const kBlock = Math.max(1, Math.min(kAtOnce, kChunk));
  const patches = fromImage ? kBlock * m * 4 : 0;
  const scratch = scratchStride(EDGE_BYTES + MOST_K * 24 + patches + (own ? kBlock * nBlock * 4 : 0) + 64);
  const partial = roundUp(m * n, 16);
  const partials = parts > 1 ? parts * partial * 4 : 0;
  const workspace = launcher.workspace(partials + scratch * launcher.threads + 64);
  p[SCRATCH] = workspace + partials;
  p[SCRATCH_STRIDE] = scratch;
  p[PACKING] = own ? PACK_OWN : PACK_NONE;
  p[M_BLOCK] = fromImage ? m : mBlock;
  p[N_BLOCK] = nBlock;
  p[K_BLOCK] = kBlock;
  p[N_BLOCKS] = nBlocks;
  p[M_BLOCKS] = mBlocks;
  p[K_CHUNK] = kChunk;
  p[PARTIAL_STRIDE] = 0;
  const flags = p[FLAGS] ?? 0;
  if (parts > 1) {
    p[C] = workspace;
    p[PARTIAL_STRIDE] = partial * 4;
    p[FLAGS] = flags & ~ACCUMULATE;
  }
  if (batching !== undefined) p[BATCH_TASKS] = tiles;
  launcher.run('multiplyTransposed', parts * tiles * (batching?.count ?? 1));
  if (parts > 1)
    joinPartials(launcher, {
      partials: workspace,
      target: c,
      count: m * n,
      blocks: parts,
      stride: partial,
      add: (flags & ACCUMULATE) !== 0,
    });
}

// Parameter slots of joinPartials, the same in assembly/reductions.ts.
const JOIN_TARGET = 1;
const JOIN_PARTIALS = 6;
const JOIN_BLOCKS = 7;
const JOIN_COUNT = 9;
const JOIN_A_TASK = 10;
const JOIN_STRIDE = 11;
const JOIN_ADD = 12;

/** target (+)= the sum of `blocks` arrays of `count` floats that lie `stride` floats apart, in order. */
export function joinPartials(
  launcher: Launcher,
  join: { partials: number; target: number; count: number; blocks: number; stride: number; add?: boolean },
): void {
  const p = launcher.integers;
  const perTask = Math.max(64, roundUp(divideUp(16384, join.blocks), 4));
  p[JOIN_TARGET] = join.target;
  p[JOIN_PARTIALS] = join.partials;
  p[JOIN_BLOCKS] = join.blocks;
  p[JOIN_COUNT] = join.count;
  p[JOIN_A_TASK] = perTask;
  p[JOIN_STRIDE] = join.stride;
  p[JOIN_ADD] = join.add ? 1 : 0;
  launcher.run('joinPartials', divideUp(join.count, perTask));
}

export function createGemmKernels(launcher: Launcher): Pick<SimdKernels, 'gemm' | 'batchedGemm'> {
  return {
    gemm: (arguments_) => multiplyMatrices(launcher, arguments_),
    batchedGemm: ({ count, strideA, strideB, strideC, ...arguments_ }) =>
      multiplyMatrices(launcher, arguments_, { count, strideA, strideB, strideC }),
  };
}
