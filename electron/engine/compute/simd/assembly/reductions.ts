// Sums. Blocks depend on shapes alone and are joined in order, so that the result does not depend on the threads.

import { address, integer } from './scheduler';
import { madd, storeLanes, zero } from './vector';

// Parameter slots, the same in reduction-kernels.ts.
const X = 0;
const TARGET = 1;
const ROWS = 2;
const CHANNELS = 3;
const ROWS_A_TASK = 4;
const PADDED = 5;
const PARTIALS = 6;
const BLOCKS = 7;
const KIND = 8;
const COUNT = 9;
const A_TASK = 10;
const STRIDE = 11;
const ADD = 12;

const SQUARES: i32 = 1;

/** The sums of one block of rows into its row of partials. */
export function columnSumsOfRows(task: i32): void {
  const channels = integer(CHANNELS);
  const stride = <usize>channels << 2;
  const r0 = task * integer(ROWS_A_TASK);
  const r1 = min(integer(ROWS), r0 + integer(ROWS_A_TASK));
  const target = address(PARTIALS) + ((<usize>task * <usize>integer(PADDED)) << 2);
  for (let c = 0; c < channels; c += 16) {
    let x = address(X) + <usize>r0 * stride + (<usize>c << 2);
    let s0 = zero(), s1 = s0, s2 = s0, s3 = s0;
    for (let r = r0; r < r1; r++) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
      x += stride;
    }
    const to = target + (<usize>c << 2);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
}

/** target = (ADD ? target : 0) + the sum of `BLOCKS` arrays that lie `STRIDE` floats apart, in order. */
export function joinPartials(task: i32): void {
  const blocks = integer(BLOCKS);
  const stride = <usize>integer(STRIDE) << 2;
  const start = task * integer(A_TASK);
  const end = min(integer(COUNT), start + integer(A_TASK));
  for (let i = start; i < end; i += 4) {
    const at = <usize>i << 2;
    let partial = address(PARTIALS) + at;
    let sum = v128.load(partial);
    for (let b = 1; b < blocks; b++) {
      partial += stride;
      sum = f32x4.add(sum, v128.load(partial));
    }
    const target = address(TARGET) + at;
    if (integer(ADD)) sum = f32x4.add(v128.load(target), sum);
    storeLanes(target, sum, end - i);
  }
}

/** The sum (of squares) of one block of elements, in 64 bits, into PARTIALS. */
export function sumOfBlock(task: i32): void {
  const start = task * integer(A_TASK);
  let count = min(integer(COUNT) - start, integer(A_TASK));
  let x = address(X) + (<usize>start << 2);
  let total: f64 = 0;
  const squares = integer(KIND) == SQUARES;
  while (count >= 4) {
    // 64 vectors at a time in 32 bits, then on in 64.
    let s0 = zero(), s1 = s0;
    let vectors = min(count >> 2, 64);
    count -= vectors << 2;
    if (squares) {
      for (; vectors >= 2; vectors -= 2) {
        const a = v128.load(x);
        const b = v128.load(x, 16);
        s0 = madd(a, a, s0);
        s1 = madd(b, b, s1);
        x += 32;
      }
      if (vectors > 0) {
        const a = v128.load(x);
        s0 = madd(a, a, s0);
        x += 16;
      }
    } else {
      for (; vectors >= 2; vectors -= 2) {
        s0 = f32x4.add(s0, v128.load(x));
        s1 = f32x4.add(s1, v128.load(x, 16));
        x += 32;
      }
      if (vectors > 0) {
        s0 = f32x4.add(s0, v128.load(x));
        x += 16;
      }
    }
    total += lanes(s0) + lanes(s1);
  }
  for (; count > 0; count--) {
    const value = <f64>load<f32>(x);
    total += squares ? value * value : value;
    x += 4;
  }
  store<f64>(address(PARTIALS) + (<usize>task << 3), total);
}

// @ts-ignore: decorator
@inline function lanes(v: v128): f64 {
  return (
    <f64>f32x4.extract_lane(v, 0) +
    <f64>f32x4.extract_lane(v, 1) +
    (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3))
  );
}

/** target[row] = the sum over its channels. */
export function rowSumsOfRows(task: i32): void {
  const channels = integer(CHANNELS);
  const r0 = task * integer(ROWS_A_TASK);
  const r1 = min(integer(ROWS), r0 + integer(ROWS_A_TASK));
  let x = address(X) + ((<usize>r0 * <usize>channels) << 2);
  for (let r = r0; r < r1; r++) {
    let total: f64 = 0;
    let c = channels;
    while (c >= 4) {
      let sum = zero();
      let vectors = min(c >> 2, 64);
      c -= vectors << 2;
      for (; vectors > 0; vectors--) {
        sum = f32x4.add(sum, v128.load(x));
        x += 16;
      }
      total += lanes(sum);
    }
    for (; c > 0; c--) {
      total += <f64>load<f32>(x);
      x += 4;
    }
    store<f32>(address(TARGET) + (<usize>r << 2), <f32>total);
  }
}
