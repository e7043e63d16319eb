import { util } from '@tensorflow/tfjs-core';

/** A box of numbers in a larger array of the same rank. */
export interface Box {
  /** Of the larger array. */
  readonly shape: readonly number[];
  /** Where the box begins in it, by axis. */
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

/** Calls with where each longest run of neighbours begins in the larger array and in the box, and how long all runs are. */
export function eachRun(
  { shape, begin, size }: Box,
  copy: (outer: number, inner: number, length: number) => void,
): void {
  // The last axes that the box fills are one run with the axis before them.
  let axis = shape.length - 1;
  while (axis > 0 && size[axis] === shape[axis]) axis--;
  const length = util.sizeFromShape(size.slice(axis));
  const rows = util.sizeFromShape(size.slice(0, axis));
  const strides = util.computeStrides([...shape]).concat(1);
  const place = new Array<number>(axis).fill(0);
  const first = begin.reduce((sum, at, i) => sum + at * strides[i]!, 0);
  for (let row = 0; row < rows; row++) {
    let outer = first;
    for (let i = 0; i < axis; i++) outer += place[i]! * strides[i]!;
    copy(outer, row * length, length);
    for (let i = axis - 1; i >= 0; i--) {
      place[i]!++;
      if (place[i]! < size[i]!) break;
      place[i] = 0;
    }
  }
}
