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
const PARTIALS = 11; // [blocks][2][padded channels]
const PADDED = 12;
const BLOCKS = 13;
const ACTIVATION = 14;
const EPSILON = 15;
const D_GAMMA = 16;
const D_BETA = 17;
const TABLE = 18; // [4][padded channels]: scale, then what the pass needs

/**
 * Mean and sum of squared differences of every channel of one block of rows, from sums shifted by the mean of its first rows,
 * so that nothing cancels when the mean is large.
 */
function blockStatistics(r0: i32, r1: i32, c0: i32, c1: i32, target: usize): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const second = <usize>integer(PADDED) << 2;
  const count = r1 - r0;
  const head = min(8, count);
  const inverse = f32x4.splat(<f32>1 / <f32>count);
  const headInverse = f32x4.splat(<f32>1 / <f32>head);
  for (let c = c0; c < c1; c += 8) {
    const start = address(X) + <usize>r0 * stride + (<usize>c << 2);
    let x = start;
    let m0 = zero(), m1 = m0;
    for (let r = 0; r < head; r++) {
      m0 = f32x4.add(m0, v128.load(x));
      m1 = f32x4.add(m1, v128.load(x, 16));
      x += stride;
    }
    m0 = f32x4.mul(m0, headInverse);
    m1 = f32x4.mul(m1, headInverse);
    let s0 = zero(), s1 = s0, q0 = s0, q1 = s0;
    let t0 = s0, t1 = s0, p0 = s0, p1 = s0;
    x = start;
    let r = 0;
    for (; r + 2 <= count; r += 2) {
      const a0 = f32x4.sub(v128.load(x), m0);
      const a1 = f32x4.sub(v128.load(x, 16), m1);
      x += stride;
      s0 = f32x4.add(s0, a0);
      s1 = f32x4.add(s1, a1);
      q0 = madd(a0, a0, q0);
      q1 = madd(a1, a1, q1);
      const b0 = f32x4.sub(v128.load(x), m0);
      const b1 = f32x4.sub(v128.load(x, 16), m1);
      x += stride;
      t0 = f32x4.add(t0, b0);
      t1 = f32x4.add(t1, b1);
      p0 = madd(b0, b0, p0);
      p1 = madd(b1, b1, p1);
    }
    if (r < count) {
      const a0 = f32x4.sub(v128.load(x), m0);
      const a1 = f32x4.sub(v128.load(x, 16), m1);
      s0 = f32x4.add(s0, a0);
      s1 = f32x4.add(s1, a1);
      q0 = madd(a0, a0, q0);
      q1 = madd(a1, a1, q1);
    }
    s0 = f32x4.add(s0, t0);
    s1 = f32x4.add(s1, t1);
    q0 = f32x4.add(q0, p0);
    q1 = f32x4.add(q1, p1);
    const d0 = f32x4.mul(s0, inverse);
    const d1 = f32x4.mul(s1, inverse);
    const to = target + (<usize>c << 2);
    v128.store(to, f32x4.add(m0, d0));
    v128.store(to, f32x4.add(m1, d1), 16);
    v128.store(to + second, f32x4.sub(q0, f32x4.mul(s0, d0)));
    v128.store(to + second, f32x4.sub(q1, f32x4.mul(s1, d1)), 16);
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
      partial += padded * 2;
    }
    const mean = sum / <f64>rows;
    let squares: f64 = 0;
    partial = address(PARTIALS) + at;
    for (let b = 0; b < blocks; b++) {
      const difference = <f64>load<f32>(partial) - mean;
      squares += <f64>load<f32>(partial + padded) + difference * difference * <f64>min(perBlock, rows - b * perBlock);
      partial += padded * 2;
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
  const offset = <usize>r0 * stride + (<usize>c0 << 2);
  let xRow = address(X) + offset;
  let yRow = address(Y) + offset;
  for (let r = r0; r < r1; r++) {
    let mean = address(MEAN) + (<usize>c0 << 2);
    let scale = address(TABLE) + (<usize>c0 << 2);
    let beta = address(BETA) + (<usize>c0 << 2);
    let x = xRow, y = yRow;
    let c = c1 - c0;
    for (; c >= 4; c -= 4) {
      v128.store(y, activate(kind, madd(f32x4.sub(v128.load(x), v128.load(mean)), v128.load(scale), v128.load(beta))));
      x += 16;
      y += 16;
      mean += 16;
      scale += 16;
      beta += 16;
    }
    if (c > 0)
      storeLanes(y, activate(kind, madd(f32x4.sub(v128.load(x), v128.load(mean)), v128.load(scale), v128.load(beta))), c);
    xRow += stride;
    yRow += stride;
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

/** Sums over one block of rows of dz and dz · (x - mean), where dz is dy through the activation. */
// @ts-ignore: decorator
@inline function backwardSumsLoop(kind: i32, r0: i32, r1: i32, c0: i32, c1: i32, target: usize): void {
  const stride = <usize>integer(CHANNELS) << 2;
  const second = <usize>integer(PADDED) << 2;
  for (let c = c0; c < c1; c += 8) {
    const at = <usize>c << 2;
    let x = address(X) + <usize>r0 * stride + at;
    let dy = address(DY) + <usize>r0 * stride + at;
    const m0 = v128.load(address(MEAN) + at);
    const m1 = v128.load(address(MEAN) + at, 16);
    const a0 = v128.load(address(TABLE) + at);
    const a1 = v128.load(address(TABLE) + at, 16);
    const b0 = v128.load(address(BETA) + at);
    const b1 = v128.load(address(BETA) + at, 16);
    let s0 = zero(), s1 = s0, q0 = s0, q1 = s0;
    for (let r = r0; r < r1; r++) {
      const d0 = f32x4.sub(v128.load(x), m0);
      const d1 = f32x4.sub(v128.load(x, 16), m1);
      let g0 = v128.load(dy);
      let g1 = v128.load(dy, 16);
      if (kind != NONE) {
        g0 = activateBackward(kind, madd(d0, a0, b0), g0);
        g1 = activateBackward(kind, madd(d1, a1, b1), g1);
      }
      s0 = f32x4.add(s0, g0);
      s1 = f32x4.add(s1, g1);
      q0 = madd(g0, d0, q0);
      q1 = madd(g1, d1, q1);
      x += stride;
      dy += stride;
    }
    const to = target + at;
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to + second, q0);
    v128.store(to + second, q1, 16);
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
      partial += padded * 2;
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
  const offset = <usize>r0 * stride + (<usize>c0 << 2);
  let xRow = address(X) + offset;
  let dyRow = address(DY) + offset;
  let dxRow = address(Y) + offset;
  for (let r = r0; r < r1; r++) {
    let mean = address(MEAN) + (<usize>c0 << 2);
    let table = address(TABLE) + (<usize>c0 << 2);
    let beta = address(BETA) + (<usize>c0 << 2);
    let x = xRow, dy = dyRow, dx = dxRow;
    for (let c = c1 - c0; c > 0; c -= 4) {
      const difference = f32x4.sub(v128.load(x), v128.load(mean));
      const scale = v128.load(table);
      let g = v128.load(dy);
      if (kind != NONE) g = activateBackward(kind, madd(difference, scale, v128.load(beta)), g);
      storeLanes(dx, madd(g, scale, madd(difference, v128.load(table + padded * 2), v128.load(table + padded))), c);
      x += 16;
      dy += 16;
      dx += 16;
      mean += 16;
      table += 16;
      beta += 16;
    }
    xRow += stride;
    dyRow += stride;
    dxRow += stride;
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
  blockStatistics(r0, r1, 0, integer(CHANNELS), address(PARTIALS) + ((<usize>task * <usize>integer(PADDED)) << 3));
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
  backwardSums(r0, r1, 0, integer(CHANNELS), address(PARTIALS) + ((<usize>task * <usize>integer(PADDED)) << 3));
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
