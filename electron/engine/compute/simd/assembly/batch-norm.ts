// Batch normalization over [rows, channels] with an activation behind it.

import { address, integer, number, threadIndex } from './scheduler';
import { activate, activateBackward, HARD_SIGMOID, HARD_SWISH, madd, NONE, RELU, RELU6, storeLanes, storePair, touch, zero } from './vector';

// Parameter slots, the same in batch-norm-kernels.ts.
const X = 0;
const Y = 1;
const DY = 2;
const MEAN = 3;
const VARIANCE = 4;
const GAMMA = 5;
const BETA = 6;
const ROWS = 7;
const CHANNELS = 8;
const ROWS_A_TASK = 9;
const CHANNELS_A_TASK = 10; // a multiple of 8
const PARTIALS = 11; // [blocks][3][padded channels]
const PADDED = 12;
const BLOCKS = 13;
const ACTIVATION = 14;
const EPSILON = 15;
const D_GAMMA = 16;
const D_BETA = 17;
const TABLE = 18; // [4][padded channels]: scale, then what the pass needs

/** Rows of so many bytes are fetched ahead: shorter ones lie close enough together, longer ones are strands of their own. */
// @ts-ignore: decorator
@inline function isFetchedAhead(stride: usize): bool {
  return stride >= 512 && stride < 1024;
}

/** Bytes of one block's partial results: three rows of padded channels. */
// @ts-ignore: decorator
@inline function partialBytes(): usize {
  return <usize>integer(PADDED) * 12;
}

/**
 * Mean and sum of squared differences of every channel of one block of rows, from sums shifted by the mean of its first rows,
 * so that nothing cancels when the mean is large. Four rows at a time, so that memory is read as it lies and the sums,
 * which stay in cache, are seldom loaded and stored.
 */
function blockStatistics(r0: i32, r1: i32, target: usize): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const row = <usize>integer(PADDED) << 2;
  const count = r1 - r0;
  const head = min(8, count);
  const inverse = f32x4.splat(<f32>1 / <f32>count);
  const headInverse = f32x4.splat(<f32>1 / <f32>head);
  const start = address(X) + <usize>r0 * stride;
  const pairs = (integer(CHANNELS) + 7) >> 3;
  let x = start, sum = target, square = target + row, shift = target + row * 2;
  for (let i = 0; i < pairs; i++) {
    let m0 = zero(), m1 = m0;
    let p = x;
    for (let r = 0; r < head; r++) {
      m0 = f32x4.add(m0, v128.load(p));
      m1 = f32x4.add(m1, v128.load(p, 16));
      p += stride;
    }
    storePair(sum, zero(), zero());
    storePair(square, zero(), zero());
    storePair(shift, f32x4.mul(m0, headInverse), f32x4.mul(m1, headInverse));
    x += 32;
    sum += 32;
    square += 32;
    shift += 32;
  }
  let xRow = start;
  let r = 0;
  for (; r + 4 <= count; r += 4) {
    if (isFetchedAhead(stride)) touch(xRow + (stride << 2), <usize>min(4, count - r - 4) * stride, threadIndex);
    let x0 = xRow, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
    sum = target;
    square = target + row;
    shift = target + row * 2;
    for (let i = 0; i < pairs; i++) {
      const m0 = v128.load(shift), m1 = v128.load(shift, 16);
      const a0 = f32x4.sub(v128.load(x0), m0), a1 = f32x4.sub(v128.load(x0, 16), m1);
      const b0 = f32x4.sub(v128.load(x1), m0), b1 = f32x4.sub(v128.load(x1, 16), m1);
      const c0 = f32x4.sub(v128.load(x2), m0), c1 = f32x4.sub(v128.load(x2, 16), m1);
      const d0 = f32x4.sub(v128.load(x3), m0), d1 = f32x4.sub(v128.load(x3, 16), m1);
      const s0 = plusFour(v128.load(sum), a0, b0, c0, d0), s1 = plusFour(v128.load(sum, 16), a1, b1, c1, d1);
      const q0 = plusFourProducts(v128.load(square), a0, a0, b0, b0, c0, c0, d0, d0);
      const q1 = plusFourProducts(v128.load(square, 16), a1, a1, b1, b1, c1, c1, d1, d1);
      storePair(sum, s0, s1);
      storePair(square, q0, q1);
      x0 += 32;
      x1 += 32;
      x2 += 32;
      x3 += 32;
      sum += 32;
      square += 32;
      shift += 32;
    }
    xRow += stride << 2;
  }
  for (; r < count; r++) {
    x = xRow;
    sum = target;
    square = target + row;
    shift = target + row * 2;
    for (let i = 0; i < pairs; i++) {
      const d0 = f32x4.sub(v128.load(x), v128.load(shift)), d1 = f32x4.sub(v128.load(x, 16), v128.load(shift, 16));
      const s0 = f32x4.add(v128.load(sum), d0), s1 = f32x4.add(v128.load(sum, 16), d1);
      const q0 = madd(d0, d0, v128.load(square)), q1 = madd(d1, d1, v128.load(square, 16));
      storePair(sum, s0, s1);
      storePair(square, q0, q1);
      x += 32;
      sum += 32;
      square += 32;
      shift += 32;
    }
    xRow += stride;
  }
  sum = target;
  square = target + row;
  shift = target + row * 2;
  for (let i = 0; i < pairs; i++) {
    const s0 = v128.load(sum), s1 = v128.load(sum, 16);
    const m0 = f32x4.mul(s0, inverse), m1 = f32x4.mul(s1, inverse);
    const mean0 = f32x4.add(v128.load(shift), m0), mean1 = f32x4.add(v128.load(shift, 16), m1);
    const q0 = f32x4.sub(v128.load(square), f32x4.mul(s0, m0)), q1 = f32x4.sub(v128.load(square, 16), f32x4.mul(s1, m1));
    storePair(sum, mean0, mean1);
    storePair(square, q0, q1);
    sum += 32;
    square += 32;
    shift += 32;
  }
}

// @ts-ignore: decorator
@inline function plusFour(sum: v128, a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** sum + a0 · a1 + b0 · b1 + c0 · c1 + d0 · d1, in pairs, so that four products do not wait for each other. */
// @ts-ignore: decorator
@inline function plusFourProducts(sum: v128, a0: v128, a1: v128, b0: v128, b1: v128, c0: v128, c1: v128, d0: v128, d1: v128): v128 {
  return f32x4.add(sum, f32x4.add(madd(b0, b1, f32x4.mul(a0, a1)), madd(d0, d1, f32x4.mul(c0, c1))));
}

/** Joins the blocks' statistics in 64 bits (Chan et al. 1979) and prepares scale = gamma / sqrt(variance + epsilon). */
function joinStatistics(c0: i32, c1: i32): void {
  const rows = integer(ROWS);
  const blocks = integer(BLOCKS);
  const perBlock = integer(ROWS_A_TASK);
  const padded = <usize>integer(PADDED) << 2;
  for (let c = c0; c < min(c1, integer(CHANNELS)); c++) {
    const at = <usize>c << 2;
    let partial = address(PARTIALS) + at;
    let sum: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      sum += <f64>load<f32>(partial) * <f64>min(perBlock, rows - b * perBlock);
      partial += partialBytes();
    }
    const mean = sum / <f64>rows;
    let squares: f64 = 0;
    partial = address(PARTIALS) + at;
    for (let b = 0; b < blocks; b++) {
      const difference = <f64>load<f32>(partial) - mean;
      squares += <f64>load<f32>(partial + padded) + difference * difference * <f64>min(perBlock, rows - b * perBlock);
      partial += partialBytes();
    }
    const variance = <f32>max(0, squares / <f64>rows);
    store<f32>(address(MEAN) + at, <f32>mean);
    store<f32>(address(VARIANCE) + at, variance);
  }
  prepareScale(c0, c1);
}

/** scale = gamma / sqrt(variance + epsilon) */
function prepareScale(c0: i32, c1: i32): void {
  for (let c = c0; c < min(c1, integer(CHANNELS)); c++) {
    const at = <usize>c << 2;
    const root = Math.sqrt(<f64>load<f32>(address(VARIANCE) + at) + <f64>number(EPSILON));
    store<f32>(address(TABLE) + at, <f32>(<f64>load<f32>(address(GAMMA) + at) / root));
  }
}

// @ts-ignore: decorator
@inline function normalizeLoop(kind: i32, r0: i32, r1: i32): void {
  const stride = <usize>integer(CHANNELS) << 2;
  let xRow = address(X) + <usize>r0 * stride;
  let yRow = address(Y) + <usize>r0 * stride;
  for (let r = r0; r < r1; r += 2) {
    // Two rows at a time share what is loaded for their channels; an odd last row is taken twice.
    const next: usize = r + 1 < r1 ? stride : 0;
    let mean = address(MEAN), scale = address(TABLE), beta = address(BETA);
    let x = xRow, xNext = xRow + next, y = yRow, yNext = yRow + next;
    let c = integer(CHANNELS);
    for (; c >= 8; c -= 8) {
      const m0 = v128.load(mean), m1 = v128.load(mean, 16);
      const s0 = v128.load(scale), s1 = v128.load(scale, 16);
      const b0 = v128.load(beta), b1 = v128.load(beta, 16);
      const first0 = activate(kind, madd(f32x4.sub(v128.load(x), m0), s0, b0));
      const first1 = activate(kind, madd(f32x4.sub(v128.load(x, 16), m1), s1, b1));
      const second0 = activate(kind, madd(f32x4.sub(v128.load(xNext), m0), s0, b0));
      const second1 = activate(kind, madd(f32x4.sub(v128.load(xNext, 16), m1), s1, b1));
      storePair(y, first0, first1);
      storePair(yNext, second0, second1);
      x += 32;
      xNext += 32;
      y += 32;
      yNext += 32;
      mean += 32;
      scale += 32;
      beta += 32;
    }
    for (; c > 0; c -= 4) {
      const m = v128.load(mean), s = v128.load(scale), b = v128.load(beta);
      const first = activate(kind, madd(f32x4.sub(v128.load(x), m), s, b));
      const second = activate(kind, madd(f32x4.sub(v128.load(xNext), m), s, b));
      storeLanes(y, first, c);
      storeLanes(yNext, second, c);
      x += 16;
      xNext += 16;
      y += 16;
      yNext += 16;
      mean += 16;
      scale += 16;
      beta += 16;
    }
    xRow += stride << 1;
    yRow += stride << 1;
  }
}

function normalize(r0: i32, r1: i32): void {
  switch (integer(ACTIVATION)) {
    case NONE: normalizeLoop(NONE, r0, r1); break;
    case RELU: normalizeLoop(RELU, r0, r1); break;
    case RELU6: normalizeLoop(RELU6, r0, r1); break;
    case HARD_SWISH: normalizeLoop(HARD_SWISH, r0, r1); break;
    case HARD_SIGMOID: normalizeLoop(HARD_SIGMOID, r0, r1); break;
  }
}

/** Sums over one block of rows of dz and dz · (x - mean), where dz is dy through the activation; four rows at a time. */
// @ts-ignore: decorator
@inline function backwardSumsLoop(kind: i32, r0: i32, r1: i32, target: usize): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const row = <usize>integer(PADDED) << 2;
  const pairs = (integer(CHANNELS) + 7) >> 3;
  let sum = target, product = target + row;
  for (let i = 0; i < pairs; i++) {
    storePair(sum, zero(), zero());
    storePair(product, zero(), zero());
    sum += 32;
    product += 32;
  }
  let xRow = address(X) + <usize>r0 * stride;
  let dyRow = address(DY) + <usize>r0 * stride;
  let r = r0;
  for (; r + 4 <= r1; r += 4) {
    if (isFetchedAhead(stride)) {
      const next = <usize>min(4, r1 - r - 4) * stride;
      touch(xRow + (stride << 2), next, threadIndex);
      touch(dyRow + (stride << 2), next, threadIndex);
    }
    let x0 = xRow, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
    let y0 = dyRow, y1 = y0 + stride, y2 = y1 + stride, y3 = y2 + stride;
    let mean = address(MEAN), scale = address(TABLE), beta = address(BETA);
    sum = target;
    product = target + row;
    for (let i = 0; i < pairs; i++) {
      const m0 = v128.load(mean), m1 = v128.load(mean, 16);
      const s0 = v128.load(scale), s1 = v128.load(scale, 16);
      const z0 = v128.load(beta), z1 = v128.load(beta, 16);
      const a0 = f32x4.sub(v128.load(x0), m0), a1 = f32x4.sub(v128.load(x0, 16), m1);
      const b0 = f32x4.sub(v128.load(x1), m0), b1 = f32x4.sub(v128.load(x1, 16), m1);
      const c0 = f32x4.sub(v128.load(x2), m0), c1 = f32x4.sub(v128.load(x2, 16), m1);
      const d0 = f32x4.sub(v128.load(x3), m0), d1 = f32x4.sub(v128.load(x3, 16), m1);
      const e0 = through(kind, a0, s0, z0, v128.load(y0)), e1 = through(kind, a1, s1, z1, v128.load(y0, 16));
      const f0 = through(kind, b0, s0, z0, v128.load(y1)), f1 = through(kind, b1, s1, z1, v128.load(y1, 16));
      const g0 = through(kind, c0, s0, z0, v128.load(y2)), g1 = through(kind, c1, s1, z1, v128.load(y2, 16));
      const h0 = through(kind, d0, s0, z0, v128.load(y3)), h1 = through(kind, d1, s1, z1, v128.load(y3, 16));
      const t0 = plusFour(v128.load(sum), e0, f0, g0, h0), t1 = plusFour(v128.load(sum, 16), e1, f1, g1, h1);
      const p0 = plusFourProducts(v128.load(product), e0, a0, f0, b0, g0, c0, h0, d0);
      const p1 = plusFourProducts(v128.load(product, 16), e1, a1, f1, b1, g1, c1, h1, d1);
      storePair(sum, t0, t1);
      storePair(product, p0, p1);
      x0 += 32;
      x1 += 32;
      x2 += 32;
      x3 += 32;
      y0 += 32;
      y1 += 32;
      y2 += 32;
      y3 += 32;
      mean += 32;
      scale += 32;
      beta += 32;
      sum += 32;
      product += 32;
    }
    xRow += stride << 2;
    dyRow += stride << 2;
  }
  for (; r < r1; r++) {
    let x = xRow, dy = dyRow;
    let mean = address(MEAN), scale = address(TABLE), beta = address(BETA);
    sum = target;
    product = target + row;
    for (let i = 0; i < pairs; i++) {
      const d0 = f32x4.sub(v128.load(x), v128.load(mean)), d1 = f32x4.sub(v128.load(x, 16), v128.load(mean, 16));
      const g0 = through(kind, d0, v128.load(scale), v128.load(beta), v128.load(dy));
      const g1 = through(kind, d1, v128.load(scale, 16), v128.load(beta, 16), v128.load(dy, 16));
      const t0 = f32x4.add(v128.load(sum), g0), t1 = f32x4.add(v128.load(sum, 16), g1);
      const p0 = madd(g0, d0, v128.load(product)), p1 = madd(g1, d1, v128.load(product, 16));
      storePair(sum, t0, t1);
      storePair(product, p0, p1);
      x += 32;
      dy += 32;
      mean += 32;
      scale += 32;
      beta += 32;
      sum += 32;
      product += 32;
    }
    xRow += stride;
    dyRow += stride;
  }
}

/** dy through the activation behind z = centered · scale + beta. */
// @ts-ignore: decorator
@inline function through(kind: i32, centered: v128, scale: v128, beta: v128, dy: v128): v128 {
  return kind == NONE ? dy : activateBackward(kind, madd(centered, scale, beta), dy);
}

function backwardSums(r0: i32, r1: i32, target: usize): void {
  switch (integer(ACTIVATION)) {
    case NONE: backwardSumsLoop(NONE, r0, r1, target); break;
    case RELU: backwardSumsLoop(RELU, r0, r1, target); break;
    case RELU6: backwardSumsLoop(RELU6, r0, r1, target); break;
    case HARD_SWISH: backwardSumsLoop(HARD_SWISH, r0, r1, target); break;
    case HARD_SIGMOID: backwardSumsLoop(HARD_SIGMOID, r0, r1, target); break;
  }
}

/**
 * Joins the blocks' sums; writes dBeta, dGamma and the table's rows 1 and 2, with which
 * dx = scale · dz + (x - mean) · row2 + row1.
 */
function joinBackward(c0: i32, c1: i32): void {
  const rows = <f64>integer(ROWS);
  const blocks = integer(BLOCKS);
  const padded = <usize>integer(PADDED) << 2;
  for (let c = c0; c < min(c1, integer(CHANNELS)); c++) {
    const at = <usize>c << 2;
    let partial = address(PARTIALS) + at;
    let sum: f64 = 0, product: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      sum += <f64>load<f32>(partial);
      product += <f64>load<f32>(partial + padded);
      partial += partialBytes();
    }
    const spread = <f64>load<f32>(address(VARIANCE) + at) + <f64>number(EPSILON);
    const scale = <f64>load<f32>(address(TABLE) + at);
    store<f32>(address(D_BETA) + at, <f32>sum);
    store<f32>(address(D_GAMMA) + at, <f32>(product / Math.sqrt(spread)));
    store<f32>(address(TABLE) + padded + at, <f32>(-scale * sum / rows));
    store<f32>(address(TABLE) + padded * 2 + at, <f32>(-scale * product / (rows * spread)));
  }
}

// @ts-ignore: decorator
@inline function backwardLoop(kind: i32, r0: i32, r1: i32): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const padded = <usize>integer(PADDED) << 2;
  const start = <usize>r0 * stride;
  let xRow = address(X) + start;
  let dyRow = address(DY) + start;
  let dxRow = address(Y) + start;
  for (let r = r0; r < r1; r += 2) {
    // Two rows at a time share what is loaded for their channels; an odd last row is taken twice.
    const next: usize = r + 1 < r1 ? stride : 0;
    let mean = address(MEAN), beta = address(BETA);
    let scale = address(TABLE), level = scale + padded, slope = level + padded;
    let x = xRow, xNext = xRow + next, dy = dyRow, dyNext = dyRow + next, dx = dxRow, dxNext = dxRow + next;
    let c = integer(CHANNELS);
    for (; c >= 8; c -= 8) {
      const m0 = v128.load(mean), m1 = v128.load(mean, 16);
      const s0 = v128.load(scale), s1 = v128.load(scale, 16);
      const b0 = v128.load(beta), b1 = v128.load(beta, 16);
      const k0 = v128.load(slope), k1 = v128.load(slope, 16);
      const l0 = v128.load(level), l1 = v128.load(level, 16);
      const d0 = f32x4.sub(v128.load(x), m0), d1 = f32x4.sub(v128.load(x, 16), m1);
      const e0 = f32x4.sub(v128.load(xNext), m0), e1 = f32x4.sub(v128.load(xNext, 16), m1);
      const g0 = through(kind, d0, s0, b0, v128.load(dy)), g1 = through(kind, d1, s1, b1, v128.load(dy, 16));
      const h0 = through(kind, e0, s0, b0, v128.load(dyNext)), h1 = through(kind, e1, s1, b1, v128.load(dyNext, 16));
      const first0 = madd(g0, s0, madd(d0, k0, l0)), first1 = madd(g1, s1, madd(d1, k1, l1));
      const second0 = madd(h0, s0, madd(e0, k0, l0)), second1 = madd(h1, s1, madd(e1, k1, l1));
      storePair(dx, first0, first1);
      storePair(dxNext, second0, second1);
      x += 32;
      xNext += 32;
      dy += 32;
      dyNext += 32;
      dx += 32;
      dxNext += 32;
      mean += 32;
      scale += 32;
      beta += 32;
      slope += 32;
      level += 32;
    }
    for (; c > 0; c -= 4) {
      const m = v128.load(mean), s = v128.load(scale), b = v128.load(beta), k = v128.load(slope), l = v128.load(level);
      const d = f32x4.sub(v128.load(x), m), e = f32x4.sub(v128.load(xNext), m);
      const g = through(kind, d, s, b, v128.load(dy)), h = through(kind, e, s, b, v128.load(dyNext));
      storeLanes(dx, madd(g, s, madd(d, k, l)), c);
      storeLanes(dxNext, madd(h, s, madd(e, k, l)), c);
      x += 16;
      xNext += 16;
      dy += 16;
      dyNext += 16;
      dx += 16;
      dxNext += 16;
      mean += 16;
      scale += 16;
      beta += 16;
      slope += 16;
      level += 16;
    }
    xRow += stride << 1;
    dyRow += stride << 1;
    dxRow += stride << 1;
  }
}

function backward(r0: i32, r1: i32): void {
  switch (integer(ACTIVATION)) {
    case NONE: backwardLoop(NONE, r0, r1); break;
    case RELU: backwardLoop(RELU, r0, r1); break;
    case RELU6: backwardLoop(RELU6, r0, r1); break;
    case HARD_SWISH: backwardLoop(HARD_SWISH, r0, r1); break;
    case HARD_SIGMOID: backwardLoop(HARD_SIGMOID, r0, r1); break;
  }
}

// One task takes a block of rows, or of channels where per-channel numbers are computed: walking down some channels of all
// rows would keep them in cache between the passes, but fetches memory by single cache lines, which is slower.

export function statisticsOfRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  const r1 = min(integer(ROWS), r0 + integer(ROWS_A_TASK));
  blockStatistics(r0, r1, address(PARTIALS) + <usize>task * partialBytes());
}

export function joinStatisticsOfChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  joinStatistics(c0, c0 + integer(CHANNELS_A_TASK));
}

export function scaleOfChannels(_task: i32): void {
  prepareScale(0, integer(CHANNELS));
}

export function normalizeRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  normalize(r0, min(integer(ROWS), r0 + integer(ROWS_A_TASK)));
}

export function backwardSumsOfRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  const r1 = min(integer(ROWS), r0 + integer(ROWS_A_TASK));
  backwardSums(r0, r1, address(PARTIALS) + <usize>task * partialBytes());
}

export function joinBackwardOfChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  joinBackward(c0, c0 + integer(CHANNELS_A_TASK));
}

export function backwardRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  backward(r0, min(integer(ROWS), r0 + integer(ROWS_A_TASK)));
}
