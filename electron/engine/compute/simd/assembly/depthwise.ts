// Depthwise convolutions: every channel has a filter of its own. Channels lie innermost, so that four of them make a vector.

import { address, integer, threadIndex } from './scheduler';
import { eightInputs3, eightInputs5, fourPixels3x1, fourPixels3x2, fourPixels5x1, fourPixels5x2, onePixel, taps3x1, taps3x2, taps5x1, taps5x2 } from './depthwise-loops';
import { activate, HARD_SIGMOID, HARD_SWISH, madd, RELU, RELU6, storeLanes, storePair, touch, zero, ZEROS } from './vector';

// Parameter slots, the same in depthwise-kernels.ts.
const X = 0;
const FILTER = 1;
const Y = 2;
const BIAS = 3;
const ACTIVATION = 4;
const BATCH = 5;
const IN_HEIGHT = 6;
const IN_WIDTH = 7;
const CHANNELS = 8;
const OUT_HEIGHT = 9;
const OUT_WIDTH = 10;
const KERNEL_HEIGHT = 11;
const KERNEL_WIDTH = 12;
const STRIDE_HEIGHT = 13;
const STRIDE_WIDTH = 14;
const PAD_TOP = 15;
const PAD_LEFT = 16;
const ROWS_A_TASK = 17;
const PARTIALS = 18;
const IMAGES_A_TASK = 19;
const CHANNELS_A_TASK = 20;
const SCRATCH = 22;
const SCRATCH_STRIDE = 23;
const PARTIAL_STRIDE = 21; // floats from one image group's filter gradient to the next

/** Applies an activation that is more than a clamp to `count` values in place. */
function activateRow(y: usize, count: i32, kind: i32): void {
  if (kind == HARD_SWISH) activateLoop(HARD_SWISH, y, count);
  else if (kind == HARD_SIGMOID) activateLoop(HARD_SIGMOID, y, count);
}

// @ts-ignore: decorator
@inline function activateLoop(kind: i32, y: usize, count: i32): void {
  for (; count >= 8; count -= 8) {
    const low = activate(kind, v128.load(y)), high = activate(kind, v128.load(y, 16));
    storePair(y, low, high);
    y += 32;
  }
  for (; count > 0; count -= 4) {
    storeLanes(y, activate(kind, v128.load(y)), count);
    y += 16;
  }
}

/** Bytes of x from which on its rows are fetched ahead, because no cache holds it. */
const FAR: usize = 4 << 20;

/** One task computes some rows of the output, counted over the batch. */
export function depthwise(task: i32): void {
  const channels = integer(CHANNELS);
  const inHeight = integer(IN_HEIGHT);
  const inWidth = integer(IN_WIDTH);
  const outHeight = integer(OUT_HEIGHT);
  const outWidth = integer(OUT_WIDTH);
  const kernelHeight = integer(KERNEL_HEIGHT);
  const kernelWidth = integer(KERNEL_WIDTH);
  const strideHeight = integer(STRIDE_HEIGHT);
  const strideWidth = integer(STRIDE_WIDTH);
  const padLeft = integer(PAD_LEFT);
  const bias = address(BIAS) != 0 ? address(BIAS) : ZEROS;
  const biasMask: usize = address(BIAS) != 0 ? -1 : 0;
  const kind = integer(ACTIVATION);
  const low: f32 = kind == RELU || kind == RELU6 ? 0 : -Infinity;
  const high: f32 = kind == RELU6 ? 6 : Infinity;
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>inWidth * pixelBytes;
  const filterRowBytes = <usize>kernelWidth * pixelBytes;
  const far = <usize>(integer(BATCH) * inHeight) * rowBytes > FAR;
  const first = task * integer(ROWS_A_TASK);
  const end = min(integer(BATCH) * outHeight, first + integer(ROWS_A_TASK));
  const insideFrom = (padLeft + strideWidth - 1) / strideWidth;
  const room = inWidth - kernelWidth + padLeft;
  const insideTo = room < 0 ? 0 : min(outWidth, room / strideWidth + 1);
  const fast = (kernelWidth == 3 || kernelWidth == 5) && (strideWidth == 1 || strideWidth == 2);
  for (let row = first; row < end; row++) {
    const image = row / outHeight;
    const inY = (row % outHeight) * strideHeight - integer(PAD_TOP);
    const ky0 = max(0, -inY);
    const ny = max(0, min(kernelHeight, inHeight - inY) - ky0);
    const x = address(X) + <usize>(image * inHeight + inY + ky0) * rowBytes;
    const filter = address(FILTER) + <usize>ky0 * filterRowBytes;
    const yRow = address(Y) + <usize>row * <usize>outWidth * pixelBytes;
    if (far) {
      const seen = row == first || row % outHeight == 0 ? 0 : max(0, kernelHeight - strideHeight - ky0);
      if (ny > seen) touch(x + <usize>seen * rowBytes, <usize>(ny - seen) * rowBytes, threadIndex);
    }
    let outX = 0;
    while (outX < outWidth) {
      const inX = outX * strideWidth - padLeft;
      const y = yRow + <usize>outX * pixelBytes;
      if (fast && outX >= insideFrom && outX + 4 <= insideTo) {
        const source = x + <usize>inX * pixelBytes;
        if (kernelWidth == 3) {
          if (strideWidth == 1) fourPixels3x1(source, rowBytes, filter, filterRowBytes, pixelBytes, ny, bias, biasMask, low, high, y, channels);
          else fourPixels3x2(source, rowBytes, filter, filterRowBytes, pixelBytes, ny, bias, biasMask, low, high, y, channels);
        } else if (strideWidth == 1) fourPixels5x1(source, rowBytes, filter, filterRowBytes, pixelBytes, ny, bias, biasMask, low, high, y, channels);
        else fourPixels5x2(source, rowBytes, filter, filterRowBytes, pixelBytes, ny, bias, biasMask, low, high, y, channels);
        outX += 4;
        continue;
      }
      const kx0 = max(0, -inX);
      const nx = max(0, min(kernelWidth, inWidth - inX) - kx0);
      onePixel(
        x + <usize>(inX + kx0) * pixelBytes, rowBytes, pixelBytes, filter + <usize>kx0 * pixelBytes, filterRowBytes, pixelBytes,
        ny, nx, bias, biasMask, low, high, y, channels,
      );
      outX++;
    }
    activateRow(yRow, outWidth * channels, kind);
  }
}

/** Turns the filter around in both directions: with it, the input gradient at stride 1 is a depthwise convolution. */
export function flipFilter(_task: i32): void {
  const taps = integer(KERNEL_HEIGHT) * integer(KERNEL_WIDTH);
  const bytes = <usize>integer(CHANNELS) << 2;
  for (let tap = 0; tap < taps; tap++) {
    memory.copy(address(Y) + <usize>tap * bytes, address(FILTER) + <usize>(taps - 1 - tap) * bytes, bytes);
  }
}

/** The input gradient for any stride: X is dy, Y is dx; one task computes some rows of dx, counted over the batch. */
export function depthwiseBackpropInput(task: i32): void {
  const channels = integer(CHANNELS);
  const inHeight = integer(IN_HEIGHT);
  const inWidth = integer(IN_WIDTH);
  const outHeight = integer(OUT_HEIGHT);
  const outWidth = integer(OUT_WIDTH);
  const kernelHeight = integer(KERNEL_HEIGHT);
  const kernelWidth = integer(KERNEL_WIDTH);
  const strideHeight = integer(STRIDE_HEIGHT);
  const strideWidth = integer(STRIDE_WIDTH);
  const pixelBytes = <usize>channels << 2;
  const dyRowBytes = <usize>outWidth * pixelBytes;
  const filterRowBytes = <usize>kernelWidth * pixelBytes;
  const filterStep = <usize>strideHeight * filterRowBytes;
  const fast = strideWidth == 2 && (kernelWidth == 3 || kernelWidth == 5);
  const first = task * integer(ROWS_A_TASK);
  const end = min(integer(BATCH) * inHeight, first + integer(ROWS_A_TASK));
  for (let row = first; row < end; row++) {
    const image = row / inHeight;
    const inY = (row % inHeight) + integer(PAD_TOP);
    // Output rows oy with 0 <= inY - oy * stride < kernelHeight.
    const oy1 = min(outHeight - 1, inY / strideHeight);
    const oy0 = max(0, (inY - kernelHeight + strideHeight) / strideHeight);
    const ny = max(0, inY - kernelHeight + strideHeight < 0 ? oy1 + 1 : oy1 - oy0 + 1);
    const ky = inY - oy1 * strideHeight;
    const x = address(X) + <usize>(image * outHeight + oy1) * dyRowBytes;
    const filter = address(FILTER) + <usize>ky * filterRowBytes;
    let column = 0;
    while (column < inWidth) {
      const inX = column + integer(PAD_LEFT);
      const y = address(Y) + (<usize>row * <usize>inWidth + <usize>column) * pixelBytes;
      const left = (inX >> 1) - ((kernelWidth - 1) >> 1);
      if (fast && (inX & 1) == 0 && left >= 0 && (inX >> 1) + 4 <= outWidth && column + 8 <= inWidth) {
        const from = x + <usize>left * pixelBytes;
        if (kernelWidth == 3) eightInputs3(from, 0 - dyRowBytes, filter, filterStep, pixelBytes, ny, ZEROS, 0, -Infinity, Infinity, y, channels);
        else eightInputs5(from, 0 - dyRowBytes, filter, filterStep, pixelBytes, ny, ZEROS, 0, -Infinity, Infinity, y, channels);
        column += 8;
        continue;
      }
      const ox1 = min(outWidth - 1, inX / strideWidth);
      const ox0 = max(0, (inX - kernelWidth + strideWidth) / strideWidth);
      const nx = inX - kernelWidth + strideWidth < 0 ? ox1 + 1 : max(0, ox1 - ox0 + 1);
      const kx = inX - ox1 * strideWidth;
      onePixel(
        x + <usize>ox1 * pixelBytes, 0 - dyRowBytes, 0 - pixelBytes,
        filter + <usize>kx * pixelBytes, filterStep, <usize>strideWidth * pixelBytes,
        ny, max(0, nx), ZEROS, 0, -Infinity, Infinity, y, channels,
      );
      column++;
    }
  }
}

/** Bytes of a zero-padded input row in a thread's scratch, enough for groups of four output pixels. */
// @ts-ignore: decorator
@inline function paddedRowBytes(): usize {
  const groups = (integer(OUT_WIDTH) + 3) >> 2;
  const columns = (groups * 4 - 1) * integer(STRIDE_WIDTH) + integer(KERNEL_WIDTH);
  return <usize>columns * <usize>integer(CHANNELS) * 4 + 16;
}

/** Copies row `y` of an image between zeros; all zeros when it lies outside. */
function padRow(image: i32, y: i32, target: usize): void {
  const pixelBytes = <usize>integer(CHANNELS) << 2;
  const inWidth = integer(IN_WIDTH);
  const bytes = paddedRowBytes();
  if (y < 0 || y >= integer(IN_HEIGHT)) {
    memory.fill(target, 0, bytes);
    return;
  }
  const before = <usize>integer(PAD_LEFT) * pixelBytes;
  const inside = min(<usize>inWidth * pixelBytes, bytes - before);
  memory.fill(target, 0, before);
  memory.copy(target + before, address(X) + <usize>(image * integer(IN_HEIGHT) + y) * <usize>inWidth * pixelBytes, inside);
  memory.fill(target + before + inside, 0, bytes - before - inside);
}

/**
 * The filter gradient of 3 x 3 or 5 x 5 taps at stride 1 or 2 on maps that are not tiny: one task takes one group of images, row by
 * row, with the input's rows between zeros and the last group of dy filled up with zeros, so that there are no edges.
 */
export function depthwiseBackpropFilterRows(task: i32): void {
  const channels = integer(CHANNELS);
  const outHeight = integer(OUT_HEIGHT);
  const outWidth = integer(OUT_WIDTH);
  const stride = integer(STRIDE_WIDTH);
  const taps = integer(KERNEL_WIDTH);
  const padTop = integer(PAD_TOP);
  const pixelBytes = <usize>channels << 2;
  const image0 = task * integer(IMAGES_A_TASK);
  const image1 = min(integer(BATCH), image0 + integer(IMAGES_A_TASK));
  const sums = address(PARTIALS) + ((<usize>task * <usize>integer(PARTIAL_STRIDE)) << 2);
  const rowBytes = paddedRowBytes();
  const rows = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const rest = rows + rowBytes * <usize>taps;
  const whole = outWidth & ~3;
  memory.fill(sums, 0, pixelBytes * <usize>(taps * taps));
  for (let image = image0; image < image1; image++) {
    let padded = -padTop; // The next input row to be padded; row y lies in slot (y + taps * padTop) % taps.
    for (let oy = 0; oy < outHeight; oy++) {
      const inY = oy * stride - padTop;
      if (padded < inY) padded = inY;
      for (; padded < inY + taps; padded++) padRow(image, padded, rows + <usize>((padded + taps * padTop) % taps) * rowBytes);
      const dy = address(Y) + <usize>(image * outHeight + oy) * <usize>outWidth * pixelBytes;
      touch(dy, <usize>outWidth * pixelBytes, threadIndex);
      if (whole < outWidth) {
        const bytes = <usize>(outWidth - whole) * pixelBytes;
        memory.copy(rest, dy + <usize>whole * pixelBytes, bytes);
        memory.fill(rest + bytes, 0, pixelBytes * 4 - bytes + 16);
      }
      for (let ky = 0; ky < taps; ky++) {
        if (inY + ky < 0 || inY + ky >= integer(IN_HEIGHT)) continue;
        const row = rows + <usize>((inY + ky + taps * padTop) % taps) * rowBytes;
        const target = sums + <usize>(ky * taps) * pixelBytes;
        for (let ox = 0; ox < outWidth; ox += 4) {
          const x = row + <usize>(ox * stride) * pixelBytes;
          const from = ox < whole ? dy + <usize>ox * pixelBytes : rest;
          if (taps == 3) {
            if (stride == 1) taps3x1(x, from, target, pixelBytes, channels);
            else taps3x2(x, from, target, pixelBytes, channels);
          } else if (stride == 1) taps5x1(x, from, target, pixelBytes, channels);
          else taps5x2(x, from, target, pixelBytes, channels);
        }
      }
    }
  }
}

/** The first output coordinate whose tap `k` lies inside. */
// @ts-ignore: decorator
@inline function firstInside(k: i32, pad: i32, stride: i32): i32 {
  return k >= pad ? 0 : (pad - k + stride - 1) / stride;
}

/** One past the last output coordinate whose tap `k` lies inside. */
// @ts-ignore: decorator
@inline function endInside(k: i32, pad: i32, stride: i32, size: i32, out: i32): i32 {
  const room = size - 1 + pad - k;
  return room < 0 ? 0 : min(out, room / stride + 1);
}

/**
 * The filter gradient: one task takes one block of channels of one group of images and writes its share
 * [taps, channels] into the group's partial sums.
 */
export function depthwiseBackpropFilter(task: i32): void {
  const channels = integer(CHANNELS);
  const inHeight = integer(IN_HEIGHT);
  const inWidth = integer(IN_WIDTH);
  const outHeight = integer(OUT_HEIGHT);
  const outWidth = integer(OUT_WIDTH);
  const kernelHeight = integer(KERNEL_HEIGHT);
  const kernelWidth = integer(KERNEL_WIDTH);
  const strideHeight = integer(STRIDE_HEIGHT);
  const strideWidth = integer(STRIDE_WIDTH);
  const padTop = integer(PAD_TOP);
  const padLeft = integer(PAD_LEFT);
  const perTask = integer(CHANNELS_A_TASK);
  const blocks = (channels + perTask - 1) / perTask;
  const group = task / blocks;
  const c0 = (task % blocks) * perTask;
  const c1 = min(channels, c0 + perTask);
  const image0 = group * integer(IMAGES_A_TASK);
  const image1 = min(integer(BATCH), image0 + integer(IMAGES_A_TASK));
  const partial = address(PARTIALS) + ((<usize>group * <usize>integer(PARTIAL_STRIDE)) << 2);
  const pixelBytes = <usize>channels << 2;
  const step = <usize>strideWidth * pixelBytes;
  // Many small images at once, or a few rows of one large image, so that what is read for every tap stays in cache.
  const rowsAtOnce = max(1, 256 / outWidth);
  const imagesAtOnce = max(1, rowsAtOnce / outHeight);
  for (let c = c0; c < c1; c += 16) {
    const lanes = min(16, c1 - c);
    for (let image = image0; image < image1; image += imagesAtOnce) {
      const imageEnd = min(image1, image + imagesAtOnce);
      for (let row0 = 0; row0 < outHeight; row0 += rowsAtOnce) {
        const row1 = min(outHeight, row0 + rowsAtOnce);
        const fresh = image == image0 && row0 == 0;
        for (let ky = 0; ky < kernelHeight; ky++) {
          const oy0 = max(row0, firstInside(ky, padTop, strideHeight));
          const oy1 = min(row1, endInside(ky, padTop, strideHeight, inHeight, outHeight));
          for (let kx = 0; kx < kernelWidth; kx++) {
            const ox0 = firstInside(kx, padLeft, strideWidth);
            const ox1 = endInside(kx, padLeft, strideWidth, inWidth, outWidth);
            let target = partial + ((<usize>(ky * kernelWidth + kx) * <usize>channels + <usize>c) << 2);
            let s0 = zero(), s1 = s0, s2 = s0, s3 = s0;
            if (!fresh) {
              s0 = v128.load(target);
              s1 = v128.load(target, 16);
              s2 = v128.load(target, 32);
              s3 = v128.load(target, 48);
            }
            for (let b = image; b < imageEnd; b++) {
              for (let oy = oy0; oy < oy1; oy++) {
                let x = address(X) + (<usize>(b * inHeight + oy * strideHeight - padTop + ky) * <usize>inWidth + <usize>(ox0 * strideWidth - padLeft + kx)) * pixelBytes + (<usize>c << 2);
                let dy = address(Y) + (<usize>(b * outHeight + oy) * <usize>outWidth + <usize>ox0) * pixelBytes + (<usize>c << 2);
                if (lanes == 16) {
                  for (let ox = ox0; ox < ox1; ox++) {
                    s0 = madd(v128.load(x), v128.load(dy), s0);
                    s1 = madd(v128.load(x, 16), v128.load(dy, 16), s1);
                    s2 = madd(v128.load(x, 32), v128.load(dy, 32), s2);
                    s3 = madd(v128.load(x, 48), v128.load(dy, 48), s3);
                    x += step;
                    dy += pixelBytes;
                  }
                } else {
                  for (let ox = ox0; ox < ox1; ox++) {
                    s0 = madd(v128.load(x), v128.load(dy), s0);
                    if (lanes > 4) s1 = madd(v128.load(x, 16), v128.load(dy, 16), s1);
                    if (lanes > 8) s2 = madd(v128.load(x, 32), v128.load(dy, 32), s2);
                    if (lanes > 12) s3 = madd(v128.load(x, 48), v128.load(dy, 48), s3);
                    x += step;
                    dy += pixelBytes;
                  }
                }
              }
            }
            storeLanes(target, s0, lanes);
            if (lanes > 4) storeLanes(target + 16, s1, lanes - 4);
            if (lanes > 8) storeLanes(target + 32, s2, lanes - 8);
            if (lanes > 12) storeLanes(target + 48, s3, lanes - 12);
          }
        }
      }
    }
  }
}
