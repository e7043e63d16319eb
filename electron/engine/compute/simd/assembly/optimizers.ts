// Optimizer steps, in place; one task takes a block of values.

import { address, integer, number } from './scheduler';
import { madd, storeLanes } from './vector';

// Parameter slots, the same in optimizer-kernels.ts.
const PARAMETER = 0;
const GRADIENT = 1;
const FIRST = 2;
const SECOND = 3;
const LENGTH = 4;
const A_TASK = 5;
const LEARNING_RATE = 6;
const MOMENTUM = 7;
const WEIGHT_DECAY = 8;
const NESTEROV = 9;
const BETA1 = 10;
const BETA2 = 11;
const EPSILON = 12;
const CORRECTION1 = 13; // 1 / (1 - beta1^step)
const CORRECTION2 = 14; // 1 / (1 - beta2^step)
const KEPT = 15; // 1 - learningRate · weightDecay
const REST1 = 16; // 1 - beta1
const REST2 = 17; // 1 - beta2

export function sgdOfBlock(task: i32): void {
  const offset = (<usize>task * <usize>integer(A_TASK)) << 2;
  let p = address(PARAMETER) + offset;
  let g = address(GRADIENT) + offset;
  let v = address(FIRST) + offset;
  const rate = f32x4.splat(-number(LEARNING_RATE));
  const momentum = f32x4.splat(number(MOMENTUM));
  const decay = f32x4.splat(number(WEIGHT_DECAY));
  const nesterov = integer(NESTEROV) != 0;
  for (let count = min(integer(LENGTH) - task * integer(A_TASK), integer(A_TASK)); count > 0; count -= 4) {
    const parameter = v128.load(p);
    const gradient = madd(parameter, decay, v128.load(g));
    const velocity = madd(v128.load(v), momentum, gradient);
    storeLanes(v, velocity, count);
    storeLanes(p, madd(nesterov ? madd(velocity, momentum, gradient) : velocity, rate, parameter), count);
    p += 16;
    g += 16;
    v += 16;
  }
}

export function adamWOfBlock(task: i32): void {
  const offset = (<usize>task * <usize>integer(A_TASK)) << 2;
  let p = address(PARAMETER) + offset;
  let g = address(GRADIENT) + offset;
  let m = address(FIRST) + offset;
  let v = address(SECOND) + offset;
  const rate = f32x4.splat(-number(LEARNING_RATE));
  const beta1 = f32x4.splat(number(BETA1));
  const beta2 = f32x4.splat(number(BETA2));
  const rest1 = f32x4.splat(number(REST1));
  const rest2 = f32x4.splat(number(REST2));
  const epsilon = f32x4.splat(number(EPSILON));
  const correction1 = f32x4.splat(number(CORRECTION1));
  const correction2 = f32x4.splat(number(CORRECTION2));
  const kept = f32x4.splat(number(KEPT));
  for (let count = min(integer(LENGTH) - task * integer(A_TASK), integer(A_TASK)); count > 0; count -= 4) {
    const gradient = v128.load(g);
    const first = madd(gradient, rest1, f32x4.mul(v128.load(m), beta1));
    const second = madd(f32x4.mul(gradient, gradient), rest2, f32x4.mul(v128.load(v), beta2));
    storeLanes(m, first, count);
    storeLanes(v, second, count);
    const step = f32x4.div(f32x4.mul(first, correction1), f32x4.add(f32x4.sqrt(f32x4.mul(second, correction2)), epsilon));
    storeLanes(p, madd(step, rate, f32x4.mul(v128.load(p), kept)), count);
    p += 16;
    g += 16;
    m += 16;
    v += 16;
  }
}

/** FIRST = MOMENTUM · FIRST + REST1 · GRADIENT */
export function emaOfBlock(task: i32): void {
  const offset = (<usize>task * <usize>integer(A_TASK)) << 2;
  let average = address(FIRST) + offset;
  let value = address(GRADIENT) + offset;
  const decay = f32x4.splat(number(MOMENTUM));
  const rest = f32x4.splat(number(REST1));
  for (let count = min(integer(LENGTH) - task * integer(A_TASK), integer(A_TASK)); count > 0; count -= 4) {
    storeLanes(average, madd(v128.load(value), rest, f32x4.mul(v128.load(average), decay)), count);
    average += 16;
    value += 16;
  }
}
