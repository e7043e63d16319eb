// Batch normalization over [rows, channels] with an activation behind it, in passes over the whole map: one task takes a
// block of rows, or of channels where numbers of channels are computed. Walking down some channels of all rows would keep
// them in cache between the passes, but fetches memory by single cache lines, which is slower.

import { address, integer, number } from './scheduler';
import { addStatistics, beginStatistics, endStatistics, gradientBlock, normalizeBlock, throughBlock } from './normalization';
import { storeLanes } from './vector';

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
const PARTIALS = 11; // [blocks][what a block leaves]
const PADDED = 12;
const BLOCKS = 13;
const ACTIVATION = 14;
const EPSILON = 15;
const D_GAMMA = 16;
const D_BETA = 17;
const TABLE = 18; // see normalization.ts
const PARTIAL_BYTES = 19; // from one block's to the next
const ADDED = 20; // what is added to the normalized map, or 0

/** Bytes of one row of the table or of partial results. */
// @ts-ignore: decorator
@inline function rowBytes(): usize {
  return <usize>integer(PADDED) << 2;
}

/** Where the numbers of this task's first row lie in a map. */
// @ts-ignore: decorator
@inline function firstRow(task: i32): usize {
  return <usize>(task * integer(ROWS_A_TASK)) * <usize>integer(CHANNELS) << 2;
}

/** How many rows this task has. */
// @ts-ignore: decorator
@inline function rowsOf(task: i32): i32 {
  return min(integer(ROWS_A_TASK), integer(ROWS) - task * integer(ROWS_A_TASK));
}

// @ts-ignore: decorator
@inline function partialsOf(task: i32): usize {
  return address(PARTIALS) + <usize>task * address(PARTIAL_BYTES);
}

export function statisticsOfRows(task: i32): void {
  const x = address(X) + firstRow(task), rows = rowsOf(task), channels = integer(CHANNELS), target = partialsOf(task);
  beginStatistics(x, rows, channels, target, rowBytes());
  addStatistics(x, rows, channels, target, rowBytes());
  endStatistics(rows, channels, target, rowBytes());
}

/** Joins the blocks' statistics in 64 bits (Chan et al. 1979) into mean, variance and table. */
export function joinStatisticsOfChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  const c1 = min(c0 + integer(CHANNELS_A_TASK), integer(CHANNELS));
  const rows = <f64>integer(ROWS);
  const blocks = integer(BLOCKS);
  const row = rowBytes();
  for (let c = c0; c < c1; c++) {
    const at = <usize>c << 2;
    let partial = address(PARTIALS) + at;
    let sum: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      sum += <f64>load<f32>(partial) * <f64>load<f32>(partial + row * 2);
      partial += address(PARTIAL_BYTES);
    }
    const mean = sum / rows;
    let squares: f64 = 0;
    partial = address(PARTIALS) + at;
    for (let b = 0; b < blocks; b++) {
      const difference = <f64>load<f32>(partial) - mean;
      squares += <f64>load<f32>(partial + row) + difference * difference * <f64>load<f32>(partial + row * 2);
      partial += address(PARTIAL_BYTES);
    }
    store<f32>(address(MEAN) + at, <f32>mean);
    store<f32>(address(VARIANCE) + at, <f32>max(0, squares / rows));
  }
  fillTable(c0, c1);
}

/** Fills the table's first rows from mean and variance. */
export function tableOfChannels(_task: i32): void {
  fillTable(0, integer(CHANNELS));
}

function fillTable(c0: i32, c1: i32): void {
  const row = rowBytes();
  for (let c = c0; c < c1; c++) {
    const at = <usize>c << 2;
    const mean = load<f32>(address(MEAN) + at);
    const root = Math.sqrt(<f64>load<f32>(address(VARIANCE) + at) + <f64>number(EPSILON));
    const scale = <f32>(<f64>load<f32>(address(GAMMA) + at) / root);
    const table = address(TABLE) + at;
    store<f32>(table, scale);
    store<f32>(table + row, <f32>(<f64>load<f32>(address(BETA) + at) - <f64>mean * <f64>scale));
    store<f32>(table + row * 2, mean);
    store<f32>(table + row * 5, <f32>root);
  }
}

/** y = activation(scale · x + shift) (+ what is added). */
export function normalizeRows(task: i32): void {
  const at = firstRow(task), rows = rowsOf(task), channels = integer(CHANNELS);
  normalizeBlock(integer(ACTIVATION), address(X) + at, address(Y) + at, rows, channels, address(TABLE), rowBytes(), 0);
  if (address(ADDED) == 0) return;
  let y = address(Y) + at, added = address(ADDED) + at;
  for (let left = rows * channels; left > 0; left -= 4) {
    storeLanes(y, f32x4.add(v128.load(y), v128.load(added)), left);
    y += 16;
    added += 16;
  }
}

/** Y = dy through the activation, and its sums. */
export function throughRows(task: i32): void {
  const at = firstRow(task), sums = partialsOf(task);
  memory.fill(sums, 0, rowBytes() * 2);
  throughBlock(
    integer(ACTIVATION), address(DY) + at, address(Y) + at, address(X) + at, 0, rowsOf(task), integer(CHANNELS),
    address(TABLE), rowBytes(), sums,
  );
}

/** Joins the blocks' sums into dBeta, dGamma and the table's last rows. */
export function joinBackwardOfChannels(task: i32): void {
  const c0 = task * integer(CHANNELS_A_TASK);
  const c1 = min(c0 + integer(CHANNELS_A_TASK), integer(CHANNELS));
  const rows = <f64>integer(ROWS);
  const blocks = integer(BLOCKS);
  const row = rowBytes();
  for (let c = c0; c < c1; c++) {
    const at = <usize>c << 2;
    let partial = address(PARTIALS) + at;
    let sum: f64 = 0, product: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      sum += <f64>load<f32>(partial);
      product += <f64>load<f32>(partial + row);
      partial += address(PARTIAL_BYTES);
    }
    const table = address(TABLE) + at;
    const scale = <f64>load<f32>(table);
    const deviation = <f64>load<f32>(table + row * 5);
    const slope = -scale * product / (rows * deviation * deviation);
    store<f32>(address(D_BETA) + at, <f32>sum);
    store<f32>(address(D_GAMMA) + at, <f32>(product / deviation));
    store<f32>(table + row * 3, <f32>slope);
    store<f32>(table + row * 4, <f32>(-scale * sum / rows - <f64>load<f32>(table + row * 2) * slope));
  }
}

/** Y = the gradient before the batch norm from DY, the one behind it and its activation. */
export function gradientRows(task: i32): void {
  const at = firstRow(task);
  gradientBlock(address(DY) + at, address(X) + at, address(Y) + at, rowsOf(task), integer(CHANNELS), address(TABLE), rowBytes());
}
