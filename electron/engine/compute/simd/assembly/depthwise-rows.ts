// Depthwise convolutions between batch norms, row by row: rows of the map that comes in are normalized into a ring of as many
// rows as the filter has, with zeros beside them, so that there are no edges; rows that go out are counted for the next batch
// norm's statistics. Backward, the gradient's rows go into a ring of their own, and both gradients are made from the two.
//
// For 3 x 3 and 5 x 5 taps at strides 1 and 2, and maps at least four pixels wide.

import { address, integer, threadIndex } from './scheduler';
import { eightInputs3Listed, eightInputs5Listed, fourPixels3x1Listed, fourPixels3x2Listed, fourPixels5x1Listed, fourPixels5x2Listed, taps3x1, taps3x2, taps5x1, taps5x2 } from './depthwise-loops';
import { addStatistics, beginStatistics, endStatistics, gradientBlock, normalizeBlock, throughBlock } from './normalization';
import { storeLanes, storePair, touch } from './vector';

// Parameter slots beside those of depthwise.ts, the same in depthwise-kernels.ts.
const X = 0;
const FILTER = 1;
const BATCH = 5;
const IN_HEIGHT = 6;
const IN_WIDTH = 7;
const CHANNELS = 8;
const OUT_HEIGHT = 9;
const OUT_WIDTH = 10;
const KERNEL_WIDTH = 12;
const STRIDE_WIDTH = 14;
const PAD_TOP = 15;
const PAD_LEFT = 16;
const ROWS_A_TASK = 17;
const D_FILTER = 18; // [groups][taps, channels]
const IMAGES_A_TASK = 19;
const D_FILTER_STRIDE = 21; // floats
const SCRATCH = 22;
const SCRATCH_STRIDE = 23;
const X_TABLE = 24; // of the batch norm between X and the convolution; 0: none
const X_ROW = 25; // bytes of one row of either table
const X_ACTIVATION = 26;
const Z = 27;
const Z_TABLE = 28;
const G = 29; // gradient behind the batch norm of Z and its activation
const DX = 30;
const PARTIALS = 31; // statistics of Z, or sums for the batch norm of X
const PARTIAL_BYTES = 32;
const ACCUMULATE = 33; // DX holds a part of the gradient already; only without a batch norm

/** Room for the addresses of a ring's rows. */
const LIST_BYTES: usize = 64;

/** Pixels of a row of X with the zeros: groups of four output pixels, and the taps of the last. */
// @ts-ignore: decorator
@inline function columnsOfX(): i32 {
  const read = (((integer(OUT_WIDTH) + 3) & ~3) - 1) * integer(STRIDE_WIDTH) + integer(KERNEL_WIDTH);
  return max(read, integer(PAD_LEFT) + integer(IN_WIDTH));
}

/** Zeros before a row of the gradient. */
// @ts-ignore: decorator
@inline function zerosBeforeGradient(): i32 {
  const taps = integer(KERNEL_WIDTH);
  return integer(STRIDE_WIDTH) == 1 ? taps - 1 - integer(PAD_LEFT) : (taps - 1) >> 1;
}

/** Pixels of a row of the gradient with the zeros: what the input's gradient reads, and what the filter's does. */
// @ts-ignore: decorator
@inline function columnsOfGradient(): i32 {
  const taps = integer(KERNEL_WIDTH);
  const forInput = integer(STRIDE_WIDTH) == 1
    ? ((integer(IN_WIDTH) + 3) & ~3) + taps - 1
    : (((integer(IN_WIDTH) + integer(PAD_LEFT) + 7) & ~7) >> 1) + ((taps - 1) >> 1);
  return max(forInput, zerosBeforeGradient() + ((integer(OUT_WIDTH) + 3) & ~3));
}

// Loops of our own: the engine's memory.copy and memory.fill write past the caches, from where rows are read at once.

function copyRow(source: usize, target: usize, floats: i32): void {
  for (; floats >= 8; floats -= 8) {
    storePair(target, v128.load(source), v128.load(source, 16));
    source += 32;
    target += 32;
  }
  for (; floats > 0; floats -= 4) {
    storeLanes(target, v128.load(source), floats);
    source += 16;
    target += 16;
  }
}

function clear(target: usize, bytes: usize): void {
  for (const end = target + bytes; target < end; target += 16) v128.store(target, f32x4.splat(0));
}

/** Zeroes what lies before and behind the pixels of every row of a ring; `before` and `inside` in bytes. */
function clearSides(ring: usize, slots: i32, slotBytes: usize, before: usize, inside: usize): void {
  for (; slots > 0; slots--) {
    clear(ring, before);
    clear(ring + before + inside, slotBytes - before - inside - 15);
    ring += slotBytes;
  }
}

/** Adds a row to another one, or copies it. */
function addRow(source: usize, target: usize, floats: i32, accumulate: bool): void {
  if (!accumulate) {
    copyRow(source, target, floats);
    return;
  }
  for (; floats > 0; floats -= 4) {
    storeLanes(target, f32x4.add(v128.load(target), v128.load(source)), floats);
    source += 16;
    target += 16;
  }
}

/** One task computes some rows of Z, counted over the batch, and their statistics. */
export function depthwiseRows(task: i32): void {
  const channels = integer(CHANNELS), taps = integer(KERNEL_WIDTH), stride = integer(STRIDE_WIDTH);
  const inHeight = integer(IN_HEIGHT), inWidth = integer(IN_WIDTH), outHeight = integer(OUT_HEIGHT), outWidth = integer(OUT_WIDTH);
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>inWidth * pixelBytes;
  const filterRowBytes = <usize>taps * pixelBytes;
  const slotBytes = <usize>columnsOfX() * pixelBytes + 64;
  const list = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const ring = list + LIST_BYTES;
  const statistics = address(PARTIALS) + <usize>task * address(PARTIAL_BYTES);
  const row = address(X_ROW);
  const left = <usize>integer(PAD_LEFT) * pixelBytes;
  const first = task * integer(ROWS_A_TASK);
  const end = min(integer(BATCH) * outHeight, first + integer(ROWS_A_TASK));
  clearSides(ring, taps, slotBytes, left, rowBytes);
  let ready = 0; // The next row of the image that is not in the ring yet.
  for (let r = first; r < end; r++) {
    const image = r / outHeight;
    const oy = r % outHeight;
    const inY = oy * stride - integer(PAD_TOP);
    const y0 = max(0, inY), y1 = min(inHeight, inY + taps);
    if (r == first || oy == 0) ready = y0;
    for (ready = max(ready, y0); ready < y1; ready++) {
      const source = address(X) + <usize>(image * inHeight + ready) * rowBytes;
      touch(source, rowBytes, threadIndex);
      const slot = ring + <usize>(ready % taps) * slotBytes + left;
      if (address(X_TABLE) == 0) copyRow(source, slot, inWidth * channels);
      else normalizeBlock(integer(X_ACTIVATION), source, slot, inWidth, channels, address(X_TABLE), row, 0);
    }
    for (let y = y0; y < y1; y++) store<usize>(list + (<usize>(y - y0) << 2), ring + <usize>(y % taps) * slotBytes);
    const filter = address(FILTER) + <usize>(y0 - inY) * filterRowBytes;
    const z = address(Z) + <usize>r * <usize>outWidth * pixelBytes;
    const ny = y1 - y0;
    for (let group = 0; group < outWidth; group += 4) {
      // The last group may take pixels again that the one before it had.
      const ox = min(group, outWidth - 4);
      const x = <usize>(ox * stride) * pixelBytes;
      const target = z + <usize>ox * pixelBytes;
      if (taps == 3) {
        if (stride == 1) fourPixels3x1Listed(x, list, filter, filterRowBytes, pixelBytes, ny, target, channels);
        else fourPixels3x2Listed(x, list, filter, filterRowBytes, pixelBytes, ny, target, channels);
      } else if (stride == 1) fourPixels5x1Listed(x, list, filter, filterRowBytes, pixelBytes, ny, target, channels);
      else fourPixels5x2Listed(x, list, filter, filterRowBytes, pixelBytes, ny, target, channels);
    }
    if (r == first) beginStatistics(z, outWidth, channels, statistics, row);
    addStatistics(z, outWidth, channels, statistics, row);
  }
  endStatistics((end - first) * outWidth, channels, statistics, row);
}

/**
 * One task takes some images: DX, through the activation behind X's batch norm, its sums, and a share of the filter's
 * gradient. Going down the rows of X, a row of the gradient enters its ring when the first row of DX needs it, and a row of X,
 * normalized, enters the other when its own row of DX is done.
 */
export function depthwiseBackwardRows(task: i32): void {
  const channels = integer(CHANNELS), taps = integer(KERNEL_WIDTH), stride = integer(STRIDE_WIDTH);
  const inHeight = integer(IN_HEIGHT), inWidth = integer(IN_WIDTH), outHeight = integer(OUT_HEIGHT), outWidth = integer(OUT_WIDTH);
  const padTop = integer(PAD_TOP);
  const pixelBytes = <usize>channels << 2;
  const rowBytes = <usize>inWidth * pixelBytes;
  const outRowBytes = <usize>outWidth * pixelBytes;
  const filterRowBytes = <usize>taps * pixelBytes;
  const xSlot = <usize>columnsOfX() * pixelBytes + 64;
  const dSlot = <usize>columnsOfGradient() * pixelBytes + 64;
  const list = address(SCRATCH) + <usize>threadIndex * address(SCRATCH_STRIDE);
  const flipped = list + LIST_BYTES;
  const made = flipped + filterRowBytes * <usize>taps + 64; // A row of DX, from column -shift on.
  const xRing = made + <usize>(inWidth + 16) * pixelBytes;
  const dRing = xRing + xSlot * <usize>taps;
  const sums = address(PARTIALS) + <usize>task * address(PARTIAL_BYTES);
  const dFilter = address(D_FILTER) + ((<usize>task * address(D_FILTER_STRIDE)) << 2);
  const row = address(X_ROW);
  const left = <usize>integer(PAD_LEFT) * pixelBytes;
  const before = <usize>zerosBeforeGradient() * pixelBytes;
  const shift = stride == 1 ? 0 : integer(PAD_LEFT);
  const image0 = task * integer(IMAGES_A_TASK);
  const image1 = min(integer(BATCH), image0 + integer(IMAGES_A_TASK));
  clearSides(xRing, taps, xSlot, left, rowBytes);
  clearSides(dRing, taps, dSlot, before, outRowBytes);
  clear(sums, row * 2);
  clear(dFilter, filterRowBytes * <usize>taps);
  const all = taps * taps;
  for (let tap = 0; tap < all; tap++) {
    copyRow(address(FILTER) + <usize>(all - 1 - tap) * pixelBytes, flipped + <usize>tap * pixelBytes, channels);
  }
  for (let image = image0; image < image1; image++) {
    let ready = 0; // The next row of the gradient.
    let counted = 0; // The next row of the gradient that is to count for the filter.
    for (let iy = 0; iy < inHeight; iy++) {
      const inY = iy + padTop;
      const lowest = inY - taps + 1;
      const oy0 = lowest <= 0 ? 0 : (lowest + stride - 1) / stride;
      const oy1 = min(outHeight - 1, inY / stride);
      for (; ready <= oy1; ready++) {
        const at = <usize>(image * outHeight + ready) * outRowBytes;
        touch(address(G) + at, outRowBytes, threadIndex);
        touch(address(Z) + at, outRowBytes, threadIndex);
        gradientBlock(address(G) + at, address(Z) + at, dRing + <usize>(ready % taps) * dSlot + before, outWidth, channels, address(Z_TABLE), row);
      }
      const ny = max(0, oy1 - oy0 + 1);
      if (stride == 1) {
        for (let i = 0; i < ny; i++) store<usize>(list + (<usize>i << 2), dRing + <usize>((oy0 + i) % taps) * dSlot);
        const filter = flipped + <usize>(oy0 - lowest) * filterRowBytes;
        for (let ix = 0; ix < inWidth; ix += 4) {
          const at = <usize>ix * pixelBytes;
          if (taps == 3) fourPixels3x1Listed(at, list, filter, filterRowBytes, pixelBytes, ny, made + at, channels);
          else fourPixels5x1Listed(at, list, filter, filterRowBytes, pixelBytes, ny, made + at, channels);
        }
      } else {
        for (let i = 0; i < ny; i++) store<usize>(list + (<usize>i << 2), dRing + <usize>((oy1 - i) % taps) * dSlot);
        const filter = address(FILTER) + <usize>(inY - oy1 * stride) * filterRowBytes;
        for (let ix = 0; ix < inWidth + shift; ix += 8) {
          const from = <usize>(ix >> 1) * pixelBytes;
          const target = made + <usize>ix * pixelBytes;
          if (taps == 3) eightInputs3Listed(from, list, filter, filterRowBytes * 2, pixelBytes, ny, target, channels);
          else eightInputs5Listed(from, list, filter, filterRowBytes * 2, pixelBytes, ny, target, channels);
        }
      }
      const at = <usize>(image * inHeight + iy) * rowBytes;
      touch(address(X) + at, rowBytes, threadIndex);
      const slot = xRing + <usize>(iy % taps) * xSlot + left;
      const from = made + <usize>shift * pixelBytes;
      if (address(X_TABLE) == 0) {
        copyRow(address(X) + at, slot, inWidth * channels);
        addRow(from, address(DX) + at, inWidth * channels, integer(ACCUMULATE) != 0);
      } else {
        throughBlock(
          integer(X_ACTIVATION), from, address(DX) + at, address(X) + at, slot, inWidth, channels, address(X_TABLE), row, sums,
        );
      }
      for (; counted < outHeight && (iy == inHeight - 1 || counted * stride - padTop + taps - 1 <= iy); counted++) {
        const y = counted * stride - padTop;
        const d = dRing + <usize>(counted % taps) * dSlot + before;
        for (let ky = max(0, -y); ky < taps && y + ky < inHeight; ky++) {
          const source = xRing + <usize>((y + ky) % taps) * xSlot;
          const target = dFilter + <usize>ky * filterRowBytes;
          for (let ox = 0; ox < outWidth; ox += 4) {
            const x = source + <usize>(ox * stride) * pixelBytes;
            const by = d + <usize>ox * pixelBytes;
            if (taps == 3) {
              if (stride == 1) taps3x1(x, by, target, pixelBytes, channels);
              else taps3x2(x, by, target, pixelBytes, channels);
            } else if (stride == 1) taps5x1(x, by, target, pixelBytes, channels);
            else taps5x2(x, by, target, pixelBytes, channels);
          }
        }
      }
    }
  }
}
