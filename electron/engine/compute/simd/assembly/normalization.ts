// What batch normalization does to blocks of rows, [rows, channels] without gaps, while they are in cache: the kernels that
// make or read a feature map call these, so that the normalized map itself is never in memory.
//
// The table of a batch norm is rows of padded channels:
//   0 scale = gamma / sqrt(variance + epsilon), 1 shift = beta - mean · scale: y = activation(scale · x + shift);
//   2 mean; 3 slope, 4 level: dx = scale · g + slope · x + level, where g is dy through the activation;
//   5 deviation = sqrt(variance + epsilon).
// `row` is the bytes of one of them.

import { threadIndex } from './scheduler';
import { activate, activateBackward, HARD_SIGMOID, HARD_SWISH, madd, NONE, RELU, RELU6, storeLanes, storePair, touch, zero } from './vector';

/** Rows of so many bytes are fetched ahead: shorter ones lie close enough together, longer ones are strands of their own. */
// @ts-ignore: decorator
@inline function isFetchedAhead(stride: usize): bool {
  return stride >= 512 && stride < 1024;
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

// Statistics of a block: rows of padded channels, 0 sums, 1 sums of squares, 2 what all is shifted by, which is the mean of
// the first rows, so that nothing cancels when the mean is large. In the end: 0 mean, 1 sum of squared differences, 2 count.

/** Starts the statistics of a block whose first rows are at `x`. */
export function beginStatistics(x: usize, rows: i32, channels: i32, target: usize, row: usize): void {
  const stride = <usize>channels << 2;
  const head = min(8, rows);
  const inverse = f32x4.splat(<f32>1 / <f32>head);
  let sum = target, square = target + row, shift = target + row * 2;
  for (let c = 0; c < channels; c += 8) {
    let m0 = zero(), m1 = m0;
    let p = x;
    for (let r = 0; r < head; r++) {
      m0 = f32x4.add(m0, v128.load(p));
      m1 = f32x4.add(m1, v128.load(p, 16));
      p += stride;
    }
    storePair(sum, zero(), zero());
    storePair(square, zero(), zero());
    storePair(shift, f32x4.mul(m0, inverse), f32x4.mul(m1, inverse));
    x += 32;
    sum += 32;
    square += 32;
    shift += 32;
  }
}

/** Adds rows; four at a time, so that memory is read as it lies and the sums, which stay in cache, are seldom loaded and stored. */
export function addStatistics(x: usize, rows: i32, channels: i32, target: usize, row: usize): void {
  const stride = <usize>channels << 2;
  const pairs = (channels + 7) >> 3;
  let xRow = x;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    if (isFetchedAhead(stride)) touch(xRow + (stride << 2), <usize>min(4, rows - r - 4) * stride, threadIndex);
    let x0 = xRow, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
    let sum = target, square = target + row, shift = target + row * 2;
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
  for (; r < rows; r++) {
    let p = xRow;
    let sum = target, square = target + row, shift = target + row * 2;
    for (let i = 0; i < pairs; i++) {
      const d0 = f32x4.sub(v128.load(p), v128.load(shift)), d1 = f32x4.sub(v128.load(p, 16), v128.load(shift, 16));
      const s0 = f32x4.add(v128.load(sum), d0), s1 = f32x4.add(v128.load(sum, 16), d1);
      const q0 = madd(d0, d0, v128.load(square)), q1 = madd(d1, d1, v128.load(square, 16));
      storePair(sum, s0, s1);
      storePair(square, q0, q1);
      p += 32;
      sum += 32;
      square += 32;
      shift += 32;
    }
    xRow += stride;
  }
}

/** Turns the sums over `count` rows into mean, sum of squared differences and count. */
export function endStatistics(count: i32, channels: i32, target: usize, row: usize): void {
  const inverse = f32x4.splat(<f32>1 / <f32>count);
  const counts = f32x4.splat(<f32>count);
  let sum = target, square = target + row, shift = target + row * 2;
  for (let c = 0; c < channels; c += 8) {
    const s0 = v128.load(sum), s1 = v128.load(sum, 16);
    const m0 = f32x4.mul(s0, inverse), m1 = f32x4.mul(s1, inverse);
    const mean0 = f32x4.add(v128.load(shift), m0), mean1 = f32x4.add(v128.load(shift, 16), m1);
    const q0 = f32x4.sub(v128.load(square), f32x4.mul(s0, m0)), q1 = f32x4.sub(v128.load(square, 16), f32x4.mul(s1, m1));
    storePair(sum, mean0, mean1);
    storePair(square, q0, q1);
    storePair(shift, counts, counts);
    sum += 32;
    square += 32;
    shift += 32;
  }
}

/** y = activation(scale · x + shift), times `gate` where there is one. */
export function normalizeBlock(kind: i32, x: usize, y: usize, rows: i32, channels: i32, table: usize, row: usize, gate: usize): void {
  if (gate != 0) {
    switch (kind) {
      case NONE: normalizeLoop(NONE, true, x, y, rows, channels, table, row, gate); break;
      case RELU: normalizeLoop(RELU, true, x, y, rows, channels, table, row, gate); break;
      case RELU6: normalizeLoop(RELU6, true, x, y, rows, channels, table, row, gate); break;
      case HARD_SWISH: normalizeLoop(HARD_SWISH, true, x, y, rows, channels, table, row, gate); break;
      case HARD_SIGMOID: normalizeLoop(HARD_SIGMOID, true, x, y, rows, channels, table, row, gate); break;
    }
    return;
  }
  switch (kind) {
    case NONE: normalizeLoop(NONE, false, x, y, rows, channels, table, row, 0); break;
    case RELU: normalizeLoop(RELU, false, x, y, rows, channels, table, row, 0); break;
    case RELU6: normalizeLoop(RELU6, false, x, y, rows, channels, table, row, 0); break;
    case HARD_SWISH: normalizeLoop(HARD_SWISH, false, x, y, rows, channels, table, row, 0); break;
    case HARD_SIGMOID: normalizeLoop(HARD_SIGMOID, false, x, y, rows, channels, table, row, 0); break;
  }
}

// @ts-ignore: decorator
@inline function normalizeLoop(kind: i32, gated: bool, x: usize, y: usize, rows: i32, channels: i32, table: usize, row: usize, gates: usize): void {
  const stride = <usize>channels << 2;
  for (let r = 0; r < rows; r += 2) {
    // Two rows at a time share what is loaded for their channels; an odd last row is taken twice.
    const next: usize = r + 1 < rows ? stride : 0;
    let scale = table, shift = table + row, gate = gates;
    let p = x, pNext = x + next, q = y, qNext = y + next;
    let c = channels;
    for (; c >= 8; c -= 8) {
      const s0 = v128.load(scale), s1 = v128.load(scale, 16);
      const b0 = v128.load(shift), b1 = v128.load(shift, 16);
      let first0 = activate(kind, madd(v128.load(p), s0, b0)), first1 = activate(kind, madd(v128.load(p, 16), s1, b1));
      let second0 = activate(kind, madd(v128.load(pNext), s0, b0)), second1 = activate(kind, madd(v128.load(pNext, 16), s1, b1));
      if (gated) {
        const g0 = v128.load(gate), g1 = v128.load(gate, 16);
        first0 = f32x4.mul(first0, g0);
        first1 = f32x4.mul(first1, g1);
        second0 = f32x4.mul(second0, g0);
        second1 = f32x4.mul(second1, g1);
        gate += 32;
      }
      storePair(q, first0, first1);
      storePair(qNext, second0, second1);
      p += 32;
      pNext += 32;
      q += 32;
      qNext += 32;
      scale += 32;
      shift += 32;
    }
    for (; c > 0; c -= 4) {
      const s = v128.load(scale), b = v128.load(shift);
      let first = activate(kind, madd(v128.load(p), s, b));
      let second = activate(kind, madd(v128.load(pNext), s, b));
      if (gated) {
        const g = v128.load(gate);
        first = f32x4.mul(first, g);
        second = f32x4.mul(second, g);
        gate += 16;
      }
      storeLanes(q, first, c);
      storeLanes(qNext, second, c);
      p += 16;
      pNext += 16;
      q += 16;
      qNext += 16;
      scale += 16;
      shift += 16;
    }
    x += stride << 1;
    y += stride << 1;
  }
}

/** y = scale · g + slope · x + level: the gradient before the batch norm from the one behind it. */
export function gradientBlock(g: usize, x: usize, y: usize, rows: i32, channels: i32, table: usize, row: usize): void {
  const stride = <usize>channels << 2;
  for (let r = 0; r < rows; r += 2) {
    const next: usize = r + 1 < rows ? stride : 0;
    let scale = table, slope = table + row * 3, level = table + row * 4;
    let p = x, pNext = x + next, d = g, dNext = g + next, q = y, qNext = y + next;
    let c = channels;
    for (; c >= 8; c -= 8) {
      const s0 = v128.load(scale), s1 = v128.load(scale, 16);
      const k0 = v128.load(slope), k1 = v128.load(slope, 16);
      const l0 = v128.load(level), l1 = v128.load(level, 16);
      const first0 = madd(v128.load(d), s0, madd(v128.load(p), k0, l0));
      const first1 = madd(v128.load(d, 16), s1, madd(v128.load(p, 16), k1, l1));
      const second0 = madd(v128.load(dNext), s0, madd(v128.load(pNext), k0, l0));
      const second1 = madd(v128.load(dNext, 16), s1, madd(v128.load(pNext, 16), k1, l1));
      storePair(q, first0, first1);
      storePair(qNext, second0, second1);
      p += 32;
      pNext += 32;
      d += 32;
      dNext += 32;
      q += 32;
      qNext += 32;
      scale += 32;
      slope += 32;
      level += 32;
    }
    for (; c > 0; c -= 4) {
      const s = v128.load(scale), k = v128.load(slope), l = v128.load(level);
      const first = madd(v128.load(d), s, madd(v128.load(p), k, l));
      const second = madd(v128.load(dNext), s, madd(v128.load(pNext), k, l));
      storeLanes(q, first, c);
      storeLanes(qNext, second, c);
      p += 16;
      pNext += 16;
      d += 16;
      dNext += 16;
      q += 16;
      qNext += 16;
      scale += 16;
      slope += 16;
      level += 16;
    }
    x += stride << 1;
    g += stride << 1;
    y += stride << 1;
  }
}

/**
 * g = d · activation'(z), z = scale · x + shift, and y = activation(z) where `y` is not 0; adds g and g · (x - mean) to two
 * rows of sums, in which what lies behind the last channel means nothing. `g` may be `d`.
 */
export function throughBlock(kind: i32, d: usize, g: usize, x: usize, y: usize, rows: i32, channels: i32, table: usize, row: usize, sums: usize): void {
  if (y != 0) {
    switch (kind) {
      case NONE: throughLoop(NONE, true, d, g, x, y, rows, channels, table, row, sums); break;
      case RELU: throughLoop(RELU, true, d, g, x, y, rows, channels, table, row, sums); break;
      case RELU6: throughLoop(RELU6, true, d, g, x, y, rows, channels, table, row, sums); break;
      case HARD_SWISH: throughLoop(HARD_SWISH, true, d, g, x, y, rows, channels, table, row, sums); break;
      case HARD_SIGMOID: throughLoop(HARD_SIGMOID, true, d, g, x, y, rows, channels, table, row, sums); break;
    }
    return;
  }
  switch (kind) {
    case NONE: throughLoop(NONE, false, d, g, x, 0, rows, channels, table, row, sums); break;
    case RELU: throughLoop(RELU, false, d, g, x, 0, rows, channels, table, row, sums); break;
    case RELU6: throughLoop(RELU6, false, d, g, x, 0, rows, channels, table, row, sums); break;
    case HARD_SWISH: throughLoop(HARD_SWISH, false, d, g, x, 0, rows, channels, table, row, sums); break;
    case HARD_SIGMOID: throughLoop(HARD_SIGMOID, false, d, g, x, 0, rows, channels, table, row, sums); break;
  }
}

// @ts-ignore: decorator
@inline function throughLoop(kind: i32, keeps: bool, dRow: usize, gRow: usize, xRow: usize, yRow: usize, rows: i32, channels: i32, table: usize, row: usize, sums: usize): void {
  const stride = <usize>channels << 2;
  for (let r = 0; r < rows; r += 2) {
    // An odd last row is taken twice, all reads before all writes; the second time it counts for nothing in the sums.
    const next: usize = r + 1 < rows ? stride : 0;
    const weight = f32x4.splat(r + 1 < rows ? 1 : 0);
    let d = dRow, dNext = dRow + next, g = gRow, gNext = gRow + next, x = xRow, xNext = xRow + next, y = yRow, yNext = yRow + next;
    let scale = table, shift = table + row, mean = table + row * 2, sum = sums, product = sums + row;
    let c = channels;
    for (; c >= 8; c -= 8) {
      const s0 = v128.load(scale), s1 = v128.load(scale, 16);
      const b0 = v128.load(shift), b1 = v128.load(shift, 16);
      const m0 = v128.load(mean), m1 = v128.load(mean, 16);
      const x0 = v128.load(x), x1 = v128.load(x, 16);
      const v0 = v128.load(xNext), v1 = v128.load(xNext, 16);
      const z0 = madd(x0, s0, b0), z1 = madd(x1, s1, b1);
      const w0 = madd(v0, s0, b0), w1 = madd(v1, s1, b1);
      const g0 = activateBackward(kind, z0, v128.load(d)), g1 = activateBackward(kind, z1, v128.load(d, 16));
      const h0 = activateBackward(kind, w0, v128.load(dNext)), h1 = activateBackward(kind, w1, v128.load(dNext, 16));
      if (keeps) {
        const first0 = activate(kind, z0), first1 = activate(kind, z1);
        const second0 = activate(kind, w0), second1 = activate(kind, w1);
        storePair(y, first0, first1);
        storePair(yNext, second0, second1);
        y += 32;
        yNext += 32;
      }
      const t0 = f32x4.add(v128.load(sum), madd(h0, weight, g0)), t1 = f32x4.add(v128.load(sum, 16), madd(h1, weight, g1));
      const p0 = f32x4.add(v128.load(product), madd(f32x4.mul(h0, weight), f32x4.sub(v0, m0), f32x4.mul(g0, f32x4.sub(x0, m0))));
      const p1 = f32x4.add(v128.load(product, 16), madd(f32x4.mul(h1, weight), f32x4.sub(v1, m1), f32x4.mul(g1, f32x4.sub(x1, m1))));
      storePair(g, g0, g1);
      storePair(gNext, h0, h1);
      storePair(sum, t0, t1);
      storePair(product, p0, p1);
      d += 32;
      dNext += 32;
      g += 32;
      gNext += 32;
      x += 32;
      xNext += 32;
      scale += 32;
      shift += 32;
      mean += 32;
      sum += 32;
      product += 32;
    }
    for (; c > 0; c -= 4) {
      const s = v128.load(scale), b = v128.load(shift), m = v128.load(mean);
      const x0 = v128.load(x), v0 = v128.load(xNext);
      const z = madd(x0, s, b), w = madd(v0, s, b);
      const a = activateBackward(kind, z, v128.load(d)), h = activateBackward(kind, w, v128.load(dNext));
      if (keeps) {
        const first = activate(kind, z), second = activate(kind, w);
        storeLanes(y, first, c);
        storeLanes(yNext, second, c);
        y += 16;
        yNext += 16;
      }
      const t = f32x4.add(v128.load(sum), madd(h, weight, a));
      const p = f32x4.add(v128.load(product), madd(f32x4.mul(h, weight), f32x4.sub(v0, m), f32x4.mul(a, f32x4.sub(x0, m))));
      storeLanes(g, a, c);
      storeLanes(gNext, h, c);
      v128.store(sum, t);
      v128.store(product, p);
      d += 16;
      dNext += 16;
      g += 16;
      gNext += 16;
      x += 16;
      xNext += 16;
      scale += 16;
      shift += 16;
      mean += 16;
      sum += 16;
      product += 16;
    }
    dRow += stride << 1;
    gRow += stride << 1;
    xRow += stride << 1;
    yRow += stride << 1;
  }
}
