// General convolutions as matrix products over patches of the image.

import { address, integer } from './scheduler';
import { storeLanes } from './vector';

// Parameter slots beside those of gemm.ts, the same in convolution-kernels.ts.
const BATCH = 32;
const IN_HEIGHT = 33;
const IN_WIDTH = 34;
const IN_CHANNELS = 35;
const OUT_HEIGHT = 36;
const OUT_WIDTH = 37;
const KERNEL_HEIGHT = 38;
const KERNEL_WIDTH = 39;
const STRIDE_HEIGHT = 40;
const STRIDE_WIDTH = 41;
const PAD_TOP = 42;
const PAD_LEFT = 43;
const COLUMNS = 44;
const IMAGE = 45;

// @ts-ignore: decorator
@inline function copyFloats(source: usize, target: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(target, v128.load(source));
    source += 16;
    target += 16;
  }
  if (count > 0) storeLanes(target, v128.load(source), count);
}

// @ts-ignore: decorator
@inline function clearFloats(target: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    v128.store(target, f32x4.splat(0));
    target += 16;
  }
  for (; count > 0; count--) {
    store<f32>(target, 0);
    target += 4;
  }
}

/** Writes the patches of output pixels row0..row1 (counted over the batch), each [kernelHeight, kernelWidth, inChannels]. */
export function imageToColumns(x: usize, row0: i32, row1: i32, target: usize): void {
  const inHeight = integer(IN_HEIGHT);
  const inWidth = integer(IN_WIDTH);
  const channels = integer(IN_CHANNELS);
  const outHeight = integer(OUT_HEIGHT);
  const outWidth = integer(OUT_WIDTH);
  const kernelHeight = integer(KERNEL_HEIGHT);
  const kernelWidth = integer(KERNEL_WIDTH);
  const run = kernelWidth * channels;
  const image = outHeight * outWidth;
  let batch = row0 / image;
  let outY = (row0 % image) / outWidth;
  let outX = row0 % outWidth;
  for (let row = row0; row < row1; row++) {
    const inY = outY * integer(STRIDE_HEIGHT) - integer(PAD_TOP);
    const inX = outX * integer(STRIDE_WIDTH) - integer(PAD_LEFT);
    const from = max(0, -inX);
    const to = max(from, min(kernelWidth, inWidth - inX));
    const before = from * channels;
    const inside = (to - from) * channels;
    for (let ky = 0; ky < kernelHeight; ky++) {
      const y = inY + ky;
      if (y < 0 || y >= inHeight || inside <= 0) {
        clearFloats(target, run);
      } else {
        const source = x + (((<usize>(batch * inHeight + y) * <usize>inWidth + <usize>(inX + from)) * <usize>channels) << 2);
        if (before > 0) clearFloats(target, before);
        const middle = target + (<usize>before << 2);
        copyFloats(source, middle, inside);
        const after = run - before - inside;
        if (after > 0) clearFloats(middle + (<usize>inside << 2), after);
      }
      target += <usize>run << 2;
    }
    if (++outX == outWidth) {
      outX = 0;
      if (++outY == outHeight) {
        outY = 0;
        batch++;
      }
    }
  }
}

/** Adds the patches of one image back to where they came from. One task an image. */
export function columnsToImage(task: i32): void {
  const inHeight = integer(IN_HEIGHT);
  const inWidth = integer(IN_WIDTH);
  const channels = integer(IN_CHANNELS);
  const outHeight = integer(OUT_HEIGHT);
  const outWidth = integer(OUT_WIDTH);
  const kernelHeight = integer(KERNEL_HEIGHT);
  const kernelWidth = integer(KERNEL_WIDTH);
  const floats = inHeight * inWidth * channels;
  const image = address(IMAGE) + ((<usize>task * <usize>floats) << 2);
  const patch = <usize>(kernelHeight * kernelWidth * channels) << 2;
  let source = address(COLUMNS) + <usize>task * <usize>(outHeight * outWidth) * patch;
  clearFloats(image, floats);
  for (let outY = 0; outY < outHeight; outY++) {
    const inY = outY * integer(STRIDE_HEIGHT) - integer(PAD_TOP);
    for (let outX = 0; outX < outWidth; outX++) {
      const inX = outX * integer(STRIDE_WIDTH) - integer(PAD_LEFT);
      const from = max(0, -inX);
      const to = min(kernelWidth, inWidth - inX);
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = inY + ky;
        if (y >= 0 && y < inHeight && to > from) {
          let target = image + ((<usize>(y * inWidth + inX + from) * <usize>channels) << 2);
          let s = source + (<usize>((ky * kernelWidth + from) * channels) << 2);
          let count = (to - from) * channels;
          for (; count >= 4; count -= 4) {
            v128.store(target, f32x4.add(v128.load(target), v128.load(s)));
            target += 16;
            s += 16;
          }
          if (count > 0) storeLanes(target, f32x4.add(v128.load(target), v128.load(s)), count);
        }
      }
      source += patch;
    }
  }
}
