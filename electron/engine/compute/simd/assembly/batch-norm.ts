// Batch normalization over [rows, channels] with an activation behind it.

import { address, integer, number } from './scheduler';
import { activate, activateBackward, HARD_SIGMOID, HARD_SWISH, madd, NONE, RELU, RELU6, storeLanes, zero } from './vector';

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
function blockStatistics(r0: i32, r1: i32, c0: i32, c1: i32, target: usize): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const row = <usize>integer(PADDED) << 2;
  const count = r1 - r0;
  const head = min(8, count);
  const inverse = f32x4.splat(<f32>1 / <f32>count);
  const headInverse = f32x4.splat(<f32>1 / <f32>head);
  const start = address(X) + <usize>r0 * stride + (<usize>c0 << 2);
  const sums = target + (<usize>c0 << 2);
  const vectors = (c1 - c0 + 3) >> 2;
  let x = start, s = sums;
  for (let v = 0; v < vectors; v++) {
    let m = zero();
    let p = x;
    for (let r = 0; r < head; r++) {
      m = f32x4.add(m, v128.load(p));
      p += stride;
    }
    v128.store(s, zero());
    v128.store(s + row, zero());
    v128.store(s + row * 2, f32x4.mul(m, headInverse));
    x += 16;
    s += 16;
  }
  let xRow = start;
  let r = 0;
  for (; r + 4 <= count; r += 4) {
    let x0 = xRow, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
    s = sums;
    for (let v = 0; v < vectors; v++) {
      const m = v128.load(s + row * 2);
      const d0 = f32x4.sub(v128.load(x0), m);
      const d1 = f32x4.sub(v128.load(x1), m);
      const d2 = f32x4.sub(v128.load(x2), m);
      const d3 = f32x4.sub(v128.load(x3), m);
      v128.store(s, f32x4.add(v128.load(s), f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3))));
      const low = madd(d1, d1, f32x4.mul(d0, d0));
      const high = madd(d3, d3, f32x4.mul(d2, d2));
      v128.store(s + row, f32x4.add(v128.load(s + row), f32x4.add(low, high)));
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
      s += 16;
    }
    xRow += stride << 2;
  }
  for (; r < count; r++) {
    x = xRow;
    s = sums;
    for (let v = 0; v < vectors; v++) {
      const d = f32x4.sub(v128.load(x), v128.load(s + row * 2));
      v128.store(s, f32x4.add(v128.load(s), d));
      v128.store(s + row, madd(d, d, v128.load(s + row)));
      x += 16;
      s += 16;
    }
    xRow += stride;
  }
  s = sums;
  for (let v = 0; v < vectors; v++) {
    const sum = v128.load(s);
    const mean = f32x4.mul(sum, inverse);
    v128.store(s, f32x4.add(v128.load(s + row * 2), mean));
    v128.store(s + row, f32x4.sub(v128.load(s + row), f32x4.mul(sum, mean)));
    s += 16;
  }
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
@inline function normalizeLoop(kind: i32, r0: i32, r1: i32, c0: i32, c1: i32): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const at = <usize>c0 << 2;
  let xRow = address(X) + <usize>r0 * stride + at;
  let yRow = address(Y) + <usize>r0 * stride + at;
  for (let r = r0; r < r1; ) {
    // Two rows at a time share what is loaded for their channels; an odd last row is taken twice.
    const next: usize = r + 1 < r1 ? stride : 0;
    let mean = address(MEAN) + at, scale = address(TABLE) + at, beta = address(BETA) + at;
    let x = xRow, y = yRow;
    let c = c1 - c0;
    for (; c >= 4; c -= 4) {
      const m = v128.load(mean), s = v128.load(scale), b = v128.load(beta);
      const first = madd(f32x4.sub(v128.load(x), m), s, b);
      const second = madd(f32x4.sub(v128.load(x + next), m), s, b);
      v128.store(y, activate(kind, first));
      v128.store(y + next, activate(kind, second));
      x += 16;
      y += 16;
      mean += 16;
      scale += 16;
      beta += 16;
    }
    if (c > 0) {
      const m = v128.load(mean), s = v128.load(scale), b = v128.load(beta);
      const first = madd(f32x4.sub(v128.load(x), m), s, b);
      const second = madd(f32x4.sub(v128.load(x + next), m), s, b);
      storeLanes(y, activate(kind, first), c);
      storeLanes(y + next, activate(kind, second), c);
    }
    xRow += stride << 1;
    yRow += stride << 1;
    r += 2;
  }
}

function normalize(r0: i32, r1: i32, c0: i32, c1: i32): void {
  switch (integer(ACTIVATION)) {
    case NONE: normalizeLoop(NONE, r0, r1, c0, c1); break;
    case RELU: normalizeLoop(RELU, r0, r1, c0, c1); break;
    case RELU6: normalizeLoop(RELU6, r0, r1, c0, c1); break;
    case HARD_SWISH: normalizeLoop(HARD_SWISH, r0, r1, c0, c1); break;
    case HARD_SIGMOID: normalizeLoop(HARD_SIGMOID, r0, r1, c0, c1); break;
  }
}

/** Sums over one block of rows of dz and dz · (x - mean), where dz is dy through the activation; four rows at a time. */
// @ts-ignore: decorator
@inline function backwardSumsLoop(kind: i32, r0: i32, r1: i32, c0: i32, c1: i32, target: usize): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const row = <usize>integer(PADDED) << 2;
  const at = <usize>c0 << 2;
  const sums = target + at;
  const vectors = (c1 - c0 + 3) >> 2;
  let s = sums;
  for (let v = 0; v < vectors; v++) {
    v128.store(s, zero());
    v128.store(s + row, zero());
    s += 16;
  }
  let xRow = address(X) + <usize>r0 * stride + at;
  let dyRow = address(DY) + <usize>r0 * stride + at;
  let r = r0;
  for (; r + 4 <= r1; r += 4) {
    let x0 = xRow, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
    let y0 = dyRow, y1 = y0 + stride, y2 = y1 + stride, y3 = y2 + stride;
    let mean = address(MEAN) + at, scale = address(TABLE) + at, beta = address(BETA) + at;
    s = sums;
    for (let v = 0; v < vectors; v++) {
      const m = v128.load(mean);
      const d0 = f32x4.sub(v128.load(x0), m);
      const d1 = f32x4.sub(v128.load(x1), m);
      const d2 = f32x4.sub(v128.load(x2), m);
      const d3 = f32x4.sub(v128.load(x3), m);
      let g0 = v128.load(y0);
      let g1 = v128.load(y1);
      let g2 = v128.load(y2);
      let g3 = v128.load(y3);
      if (kind != NONE) {
        const a = v128.load(scale);
        const b = v128.load(beta);
        g0 = activateBackward(kind, madd(d0, a, b), g0);
        g1 = activateBackward(kind, madd(d1, a, b), g1);
        g2 = activateBackward(kind, madd(d2, a, b), g2);
        g3 = activateBackward(kind, madd(d3, a, b), g3);
      }
      v128.store(s, f32x4.add(v128.load(s), f32x4.add(f32x4.add(g0, g1), f32x4.add(g2, g3))));
      const low = madd(g1, d1, f32x4.mul(g0, d0));
      const high = madd(g3, d3, f32x4.mul(g2, d2));
      v128.store(s + row, f32x4.add(v128.load(s + row), f32x4.add(low, high)));
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
      y0 += 16;
      y1 += 16;
      y2 += 16;
      y3 += 16;
      mean += 16;
      scale += 16;
      beta += 16;
      s += 16;
    }
    xRow += stride << 2;
    dyRow += stride << 2;
  }
  for (; r < r1; r++) {
    let x = xRow, dy = dyRow;
    let mean = address(MEAN) + at, scale = address(TABLE) + at, beta = address(BETA) + at;
    s = sums;
    for (let v = 0; v < vectors; v++) {
      const d = f32x4.sub(v128.load(x), v128.load(mean));
      let g = v128.load(dy);
      if (kind != NONE) g = activateBackward(kind, madd(d, v128.load(scale), v128.load(beta)), g);
      v128.store(s, f32x4.add(v128.load(s), g));
      v128.store(s + row, madd(g, d, v128.load(s + row)));
      x += 16;
      dy += 16;
      mean += 16;
      scale += 16;
      beta += 16;
      s += 16;
    }
    xRow += stride;
    dyRow += stride;
  }
}

function backwardSums(r0: i32, r1: i32, c0: i32, c1: i32, target: usize): void {
  switch (integer(ACTIVATION)) {
    case NONE: backwardSumsLoop(NONE, r0, r1, c0, c1, target); break;
    case RELU: backwardSumsLoop(RELU, r0, r1, c0, c1, target); break;
    case RELU6: backwardSumsLoop(RELU6, r0, r1, c0, c1, target); break;
    case HARD_SWISH: backwardSumsLoop(HARD_SWISH, r0, r1, c0, c1, target); break;
    case HARD_SIGMOID: backwardSumsLoop(HARD_SIGMOID, r0, r1, c0, c1, target); break;
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
@inline function backwardLoop(kind: i32, r0: i32, r1: i32, c0: i32, c1: i32): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const padded = <usize>integer(PADDED) << 2;
  const at = <usize>c0 << 2;
  const start = <usize>r0 * stride + at;
  let xRow = address(X) + start;
  let dyRow = address(DY) + start;
  let dxRow = address(Y) + start;
  for (let r = r0; r < r1; ) {
    // Two rows at a time share what is loaded for their channels; an odd last row is taken twice.
    const next: usize = r + 1 < r1 ? stride : 0;
    let mean = address(MEAN) + at, table = address(TABLE) + at, beta = address(BETA) + at;
    let x = xRow, dy = dyRow, dx = dxRow;
    for (let c = c1 - c0; c > 0; c -= 4) {
      const m = v128.load(mean), scale = v128.load(table);
      const d0 = f32x4.sub(v128.load(x), m);
      const d1 = f32x4.sub(v128.load(x + next), m);
      let g0 = v128.load(dy);
      let g1 = v128.load(dy + next);
      if (kind != NONE) {
        const b = v128.load(beta);
        g0 = activateBackward(kind, madd(d0, scale, b), g0);
        g1 = activateBackward(kind, madd(d1, scale, b), g1);
      }
      const slope = v128.load(table + padded * 2), level = v128.load(table + padded);
      storeLanes(dx, madd(g0, scale, madd(d0, slope, level)), c);
      storeLanes(dx + next, madd(g1, scale, madd(d1, slope, level)), c);
      x += 16;
      dy += 16;
      dx += 16;
      mean += 16;
      table += 16;
      beta += 16;
    }
    xRow += stride << 1;
    dyRow += stride << 1;
    dxRow += stride << 1;
    r += 2;
  }
}

function backward(r0: i32, r1: i32, c0: i32, c1: i32): void {
  switch (integer(ACTIVATION)) {
    case NONE: backwardLoop(NONE, r0, r1, c0, c1); break;
    case RELU: backwardLoop(RELU, r0, r1, c0, c1); break;
    case RELU6: backwardLoop(RELU6, r0, r1, c0, c1); break;
    case HARD_SWISH: backwardLoop(HARD_SWISH, r0, r1, c0, c1); break;
    case HARD_SIGMOID: backwardLoop(HARD_SIGMOID, r0, r1, c0, c1); break;
  }
}

// One task takes a block of rows ...

export function statisticsOfRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  const r1 = min(integer(ROWS), r0 + integer(ROWS_A_TASK));
  blockStatistics(r0, r1, 0, integer(CHANNELS), address(PARTIALS) + <usize>task * partialBytes());
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
  normalize(r0, min(integer(ROWS), r0 + integer(ROWS_A_TASK)), 0, integer(CHANNELS));
}

export function backwardSumsOfRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  const r1 = min(integer(ROWS), r0 + integer(ROWS_A_TASK));
  backwardSums(r0, r1, 0, integer(CHANNELS), address(PARTIALS) + <usize>task * partialBytes());
}

export function joinBackwardOfChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  joinBackward(c0, c0 + integer(CHANNELS_A_TASK));
}

export function backwardRows(task: i32): void {
  const r0 = task * integer(ROWS_A_TASK);
  backward(r0, min(integer(ROWS), r0 + integer(ROWS_A_TASK)), 0, integer(CHANNELS));
}

// ... or, where there are few rows, some channels and everything at once while they are in cache.

export function trainChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  const c1 = min(integer(CHANNELS), c0 + integer(CHANNELS_A_TASK));
  blockStatistics(0, integer(ROWS), c0, c1, address(PARTIALS));
  joinStatistics(c0, c1);
  normalize(0, integer(ROWS), c0, c1);
}

export function backwardChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  const c1 = min(integer(CHANNELS), c0 + integer(CHANNELS_A_TASK));
  prepareScale(c0, c1);
  backwardSums(0, integer(ROWS), c0, c1, address(PARTIALS));
  joinBackward(c0, c1);
  backward(0, integer(ROWS), c0, c1);
}
