// Elementwise operations; one task takes a block of elements, or of rows.

import { address, integer, number } from './scheduler';
import { activationGradient, binaryReversed, binarySame, binaryScalar, unary } from './elementwise-loops';
import { madd, storeLanes } from './vector';

// Parameter slots, the same in elementwise-kernels.ts.
const OPERATION = 0;
const A = 1;
const B = 2;
const Y = 3;
const LENGTH = 4;
const A_TASK = 5;
const VALUE = 6;
const ROWS = 7;
const CHANNELS = 8;
const COUNT = 9; // of inputs
const LOWEST = 10;
const HIGHEST = 11;
const INPUTS = 16;

/** Elements of this task; its first is `task * A_TASK`. */
// @ts-ignore: decorator
@inline function elements(task: i32): i32 {
  return min(integer(LENGTH) - task * integer(A_TASK), integer(A_TASK));
}

// @ts-ignore: decorator
@inline function at(slot: i32, task: i32): usize {
  return address(slot) + ((<usize>task * <usize>integer(A_TASK)) << 2);
}

export function binaryOfBlock(task: i32): void {
  binarySame(integer(OPERATION), at(A, task), at(B, task), at(Y, task), elements(task));
}

export function binaryScalarOfBlock(task: i32): void {
  binaryScalar(integer(OPERATION), at(A, task), number(VALUE), at(Y, task), elements(task));
}

export function binaryReversedOfBlock(task: i32): void {
  binaryReversed(integer(OPERATION), at(A, task), number(VALUE), at(Y, task), elements(task));
}

export function unaryOfBlock(task: i32): void {
  unary(integer(OPERATION), at(A, task), at(Y, task), elements(task));
}

export function activationGradientOfBlock(task: i32): void {
  activationGradient(integer(OPERATION), at(A, task), at(B, task), at(Y, task), elements(task));
}

/** y = value · clip(nearest(a / value), lowest, highest) */
export function fakeQuantizeOfBlock(task: i32): void {
  const scale = f32x4.splat(number(VALUE));
  const lowest = f32x4.splat(number(LOWEST));
  const highest = f32x4.splat(number(HIGHEST));
  let a = at(A, task);
  let y = at(Y, task);
  for (let count = elements(task); count > 0; count -= 4) {
    const integers = f32x4.nearest(f32x4.div(v128.load(a), scale));
    storeLanes(y, f32x4.mul(f32x4.min(f32x4.max(integers, lowest), highest), scale), count);
    a += 16;
    y += 16;
  }
}

/** y = b where a lies from lowest to highest, else 0. */
export function fakeQuantizeGradientOfBlock(task: i32): void {
  const lowest = f32x4.splat(number(LOWEST));
  const highest = f32x4.splat(number(HIGHEST));
  let a = at(A, task);
  let b = at(B, task);
  let y = at(Y, task);
  for (let count = elements(task); count > 0; count -= 4) {
    const x = v128.load(a);
    storeLanes(y, v128.and(v128.load(b), v128.and(f32x4.ge(x, lowest), f32x4.le(x, highest))), count);
    a += 16;
    b += 16;
    y += 16;
  }
}

export function fillBlock(task: i32): void {
  const value = f32x4.splat(number(VALUE));
  let y = at(Y, task);
  for (let count = elements(task); count > 0; count -= 4) {
    storeLanes(y, value, count);
    y += 16;
  }
}

export function copyBlock(task: i32): void {
  memory.copy(at(Y, task), at(A, task), <usize>elements(task) << 2);
}

/** y += value · a */
export function axpyOfBlock(task: i32): void {
  const value = f32x4.splat(number(VALUE));
  let a = at(A, task);
  let y = at(Y, task);
  for (let count = elements(task); count > 0; count -= 4) {
    storeLanes(y, madd(v128.load(a), value, v128.load(y)), count);
    a += 16;
    y += 16;
  }
}

/** y = the sum of up to 16 arrays, left to right. */
export function addManyOfBlock(task: i32): void {
  const inputs = integer(COUNT);
  const start = (<usize>task * <usize>integer(A_TASK)) << 2;
  const end = start + (<usize>elements(task) << 2);
  const y = address(Y);
  for (let offset = start; offset < end; offset += 16) {
    let sum = v128.load(address(INPUTS) + offset);
    for (let i = 1; i < inputs; i++) sum = f32x4.add(sum, v128.load(address(INPUTS + i) + offset));
    storeLanes(y + offset, sum, <i32>((end - offset) >> 2));
  }
}

/** y[row, channel] = a[row, channel] op b[channel] */
export function binaryRowOfRows(task: i32): void {
  const channels = integer(CHANNELS);
  const rows = integer(A_TASK);
  const r1 = min(integer(ROWS), (task + 1) * rows);
  const bytes = <usize>channels << 2;
  for (let r = task * rows; r < r1; r++) {
    const offset = <usize>r * bytes;
    binarySame(integer(OPERATION), address(A) + offset, address(B), address(Y) + offset, channels);
  }
}

/** y[row, channel] = a[row, channel] op b[row] */
export function binaryColumnOfRows(task: i32): void {
  const channels = integer(CHANNELS);
  const rows = integer(A_TASK);
  const r1 = min(integer(ROWS), (task + 1) * rows);
  const bytes = <usize>channels << 2;
  for (let r = task * rows; r < r1; r++) {
    const offset = <usize>r * bytes;
    binaryScalar(integer(OPERATION), address(A) + offset, load<f32>(address(B) + (<usize>r << 2)), address(Y) + offset, channels);
  }
}
