// Squeeze-excitation between batch norms: the mean over the pixels of a normalized map, and the gradients of the map's two
// readers, the mean and the gated map.

import { address, integer, threadIndex } from './scheduler';
import { normalizeBlock, throughBlock } from './normalization';
import { madd, storeLanes } from './vector';

// Parameter slots, the same in squeeze-kernels.ts.
const X = 0;
const TABLE = 1;
const ROW = 2; // bytes of one row of the table
const ACTIVATION = 3;
const PIXELS = 4;
const CHANNELS = 5;
const PIXELS_A_TASK = 6;
const TASKS_AN_IMAGE = 7;
const Y = 8; // [images, channels]
const G = 9; // gradient of the gated map; then the one through the activation
const GATE = 10; // [images, channels], or 0: there is no gated map
const D_MEAN = 11; // [images, channels]
const PARTIALS = 12;
const PARTIAL_BYTES = 13;
const SCRATCH = 14;
const SCRATCH_STRIDE = 15;

/** Pixels that are normalized at a time. */
const AT_ONCE: i32 = 16;

/** sums += each row of x, times the same row of y where there is one. */
function addRows(x: usize, y: usize, rows: i32, channels: i32, sums: usize): void {
  const stride = <usize>channels << 2;
  for (let r = 0; r < rows; r++) {
    let p = x, q = y, sum = sums;
    for (let c = channels; c > 0; c -= 4) {
      const value = v128.load(p);
      storeLanes(sum, y != 0 ? madd(value, v128.load(q), v128.load(sum)) : f32x4.add(v128.load(sum), value), c);
      p += 16;
      q += 16;
      sum += 16;
    }
    x += stride;
    if (y != 0) y += stride;
  }
}

/** One task takes one image: Y = the mean over its pixels, or, where G is given, the sum over them of G times the map. */
export function squeezeImage(image: i32): void {
  const channels = integer(CHANNELS), pixels = integer(PIXELS);
  const bytes = <usize>channels << 2;
  const room = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const start = <usize>image * <usize>pixels * bytes;
  const y = address(Y) + <usize>image * bytes;
  memory.fill(y, 0, bytes);
  for (let p = 0; p < pixels; p += AT_ONCE) {
    const count = min(AT_ONCE, pixels - p);
    const at = start + <usize>p * bytes;
    normalizeBlock(integer(ACTIVATION), address(X) + at, room, count, channels, address(TABLE), address(ROW), 0);
    addRows(room, address(G) != 0 ? address(G) + at : 0, count, channels, y);
  }
  if (address(G) != 0) return;
  const inverse = f32x4.splat(<f32>1 / <f32>pixels);
  for (let c = 0; c < channels; c += 4) {
    const at = y + (<usize>c << 2);
    storeLanes(at, f32x4.mul(v128.load(at), inverse), channels - c);
  }
}

/** Some pixels of one image: G = (G · gate + dMean / pixels) through the activation behind X's batch norm, and its sums. */
export function squeezeThroughPixels(task: i32): void {
  const channels = integer(CHANNELS), pixels = integer(PIXELS);
  const bytes = <usize>channels << 2;
  const image = task / integer(TASKS_AN_IMAGE);
  const first = (task % integer(TASKS_AN_IMAGE)) * integer(PIXELS_A_TASK);
  const end = min(pixels, first + integer(PIXELS_A_TASK));
  const sums = address(PARTIALS) + <usize>task * address(PARTIAL_BYTES);
  const inverse = f32x4.splat(<f32>1 / <f32>pixels);
  const gates = address(GATE) + <usize>image * bytes;
  memory.fill(sums, 0, address(ROW) * 2);
  for (let p = first; p < end; p += AT_ONCE) {
    const count = min(AT_ONCE, end - p);
    const at = <usize>(image * pixels + p) * bytes;
    for (let r = 0; r < count; r++) {
      let g = address(G) + at + <usize>r * bytes;
      let mean = address(D_MEAN) + <usize>image * bytes, gate = gates;
      for (let c = channels; c > 0; c -= 4) {
        const spread = f32x4.mul(v128.load(mean), inverse);
        storeLanes(g, address(GATE) != 0 ? madd(v128.load(g), v128.load(gate), spread) : spread, c);
        g += 16;
        mean += 16;
        gate += 16;
      }
    }
    const x = address(X) + at, g = address(G) + at;
    throughBlock(integer(ACTIVATION), g, g, x, 0, count, channels, address(TABLE), address(ROW), sums);
  }
}
