// Operations between feature maps [batch, pixels, channels] and one value a channel [batch, channels].
// One task takes some pixels (or channels) of one image.

import { address, integer } from './scheduler';
import { madd, storeLanes, zero } from './vector';

// Parameter slots, the same in channel-kernels.ts.
const X = 0;
const GATE = 1;
const Y = 2;
const DY = 3;
const D_GATE = 4;
const BATCH = 5;
const PIXELS = 6;
const CHANNELS = 7;
const A_TASK = 8;
const TASKS_AN_IMAGE = 9;

/** y = x · gate, for a block of pixels. */
export function scalePixels(task: i32): void {
  const channels = integer(CHANNELS);
  const pixels = integer(PIXELS);
  const image = task / integer(TASKS_AN_IMAGE);
  const p0 = (task % integer(TASKS_AN_IMAGE)) * integer(A_TASK);
  const p1 = min(pixels, p0 + integer(A_TASK));
  const bytes = <usize>channels << 2;
  const gateStart = address(GATE) + <usize>image * bytes;
  let offset = <usize>(image * pixels + p0) * bytes;
  for (let p = p0; p < p1; p++) {
    let x = address(X) + offset;
    let y = address(Y) + offset;
    let gate = gateStart;
    for (let c = channels; c > 0; c -= 4) {
      storeLanes(y, f32x4.mul(v128.load(x), v128.load(gate)), c);
      x += 16;
      y += 16;
      gate += 16;
    }
    offset += bytes;
  }
}

/** dGate = the sum over pixels of x · dy, and y = dy · gate, for a block of channels; either may be left out. */
export function scaleBackward(task: i32): void {
  const channels = integer(CHANNELS);
  const pixels = integer(PIXELS);
  const image = task / integer(TASKS_AN_IMAGE);
  const c0 = (task % integer(TASKS_AN_IMAGE)) * integer(A_TASK);
  const c1 = min(channels, c0 + integer(A_TASK));
  const bytes = <usize>channels << 2;
  const row = <usize>image * bytes;
  const start = row * <usize>pixels;
  const wantsGate = address(D_GATE) != 0;
  const wantsInput = address(Y) != 0;
  for (let c = c0; c < c1; c += 8) {
    const at = <usize>c << 2;
    const g0 = v128.load(address(GATE) + row + at);
    const g1 = v128.load(address(GATE) + row + at, 16);
    let x = address(X) + start + at;
    let dy = address(DY) + start + at;
    let dx = address(Y) + start + at;
    let s0 = zero(), s1 = s0;
    for (let p = 0; p < pixels; p++) {
      const d0 = v128.load(dy);
      const d1 = v128.load(dy, 16);
      if (wantsGate) {
        s0 = madd(v128.load(x), d0, s0);
        s1 = madd(v128.load(x, 16), d1, s1);
      }
      if (wantsInput) {
        storeLanes(dx, f32x4.mul(d0, g0), c1 - c);
        if (c1 - c > 4) storeLanes(dx + 16, f32x4.mul(d1, g1), c1 - c - 4);
      }
      x += bytes;
      dy += bytes;
      dx += bytes;
    }
    if (wantsGate) {
      const target = address(D_GATE) + row + at;
      storeLanes(target, s0, c1 - c);
      if (c1 - c > 4) storeLanes(target + 16, s1, c1 - c - 4);
    }
  }
}

/** y[channels] = the mean over the pixels, for a block of channels. */
export function poolPixels(task: i32): void {
  const channels = integer(CHANNELS);
  const pixels = integer(PIXELS);
  const image = task / integer(TASKS_AN_IMAGE);
  const c0 = (task % integer(TASKS_AN_IMAGE)) * integer(A_TASK);
  const c1 = min(channels, c0 + integer(A_TASK));
  const bytes = <usize>channels << 2;
  const row = <usize>image * bytes;
  const inverse = f32x4.splat(<f32>1 / <f32>pixels);
  for (let c = c0; c < c1; c += 16) {
    const at = <usize>c << 2;
    let x = address(X) + row * <usize>pixels + at;
    let s0 = zero(), s1 = s0, s2 = s0, s3 = s0;
    for (let p = 0; p < pixels; p++) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
      x += bytes;
    }
    const y = address(Y) + row + at;
    storeLanes(y, f32x4.mul(s0, inverse), c1 - c);
    if (c1 - c > 4) storeLanes(y + 16, f32x4.mul(s1, inverse), c1 - c - 4);
    if (c1 - c > 8) storeLanes(y + 32, f32x4.mul(s2, inverse), c1 - c - 8);
    if (c1 - c > 12) storeLanes(y + 48, f32x4.mul(s3, inverse), c1 - c - 12);
  }
}

/** y[pixels, channels] = dy[channels] / pixels, for a block of pixels. */
export function spreadPixels(task: i32): void {
  const channels = integer(CHANNELS);
  const pixels = integer(PIXELS);
  const image = task / integer(TASKS_AN_IMAGE);
  const p0 = (task % integer(TASKS_AN_IMAGE)) * integer(A_TASK);
  const p1 = min(pixels, p0 + integer(A_TASK));
  const bytes = <usize>channels << 2;
  const inverse = f32x4.splat(<f32>1 / <f32>pixels);
  let yRow = address(Y) + <usize>(image * pixels + p0) * bytes;
  for (let p = p0; p < p1; p++) {
    let dy = address(DY) + <usize>image * bytes;
    let y = yRow;
    for (let c = channels; c > 0; c -= 4) {
      storeLanes(y, f32x4.mul(v128.load(dy), inverse), c);
      dy += 16;
      y += 16;
    }
    yRow += bytes;
  }
}
