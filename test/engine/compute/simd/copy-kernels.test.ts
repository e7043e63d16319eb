import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../../electron/engine/compute/index.ts';

beforeAll(async () => {
  await startCompute({ backend: 'simd', threads: 2 });
});
afterAll(stopCompute);

/** Numbers that tell their places. */
const count = (...shape: number[]) => tf.tidy(() => tf.reshape(tf.range(1, 1 + tf.util.sizeFromShape(shape)), shape));

describe('slice and pad', () => {
  it.each([
    [[7], [2], [3]],
    [
      [4, 6],
      [0, 0],
      [3, 4],
    ],
    [
      [4, 6],
      [1, 0],
      [2, 6],
    ],
    [
      [3, 3, 8, 5],
      [0, 0, 0, 0],
      [3, 3, 5, 4],
    ],
    [
      [3, 3, 8, 5],
      [1, 0, 2, 1],
      [2, 3, 5, 3],
    ],
    [
      [3, 3, 8, 1],
      [0, 0, 0, 0],
      [3, 3, 5, 1],
    ],
    [
      [2, 3, 4],
      [0, 0, 0],
      [2, 3, 4],
    ],
  ])('of %j from %j on take %j, and put it back', async (shape, begin, size) => {
    const before = tf.memory().numTensors;
    const x = count(...shape);
    const part = tf.slice(x, begin, size);
    const whole = (await x.data()) as Float32Array;
    const strides = tf.util.computeStrides(shape).concat(1);
    const expected: number[] = [];
    const visit = (axis: number, from: number) => {
      if (axis === shape.length) expected.push(whole[from]!);
      else for (let i = 0; i < size[axis]!; i++) visit(axis + 1, from + (begin[axis]! + i) * strides[axis]!);
    };
    visit(0, 0);
    expect(part.shape).toEqual(size);
    expect([...(await part.data())]).toEqual(expected);

    const paddings = shape.map((extent, axis): [number, number] => [begin[axis]!, extent - begin[axis]! - size[axis]!]);
    const padded = tf.pad(part, paddings, 0);
    const taken = new Set(expected);
    expect(padded.shape).toEqual(shape);
    expect([...(await padded.data())]).toEqual([...whole].map((value) => (taken.has(value) ? value : 0)));
    tf.dispose([x, part, padded]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('pad with another number, and leave integers and scalars to tfjs', async () => {
    const padded = tf.pad(count(2), [[1, 2]], 9);
    expect([...(await padded.data())]).toEqual([9, 1, 2, 9, 9]);
    const integers = tf.slice(tf.tensor1d([4, 5, 6], 'int32'), 1, 2);
    expect([...(await integers.data())]).toEqual([5, 6]);
    const nothing = tf.slice(count(3), 1, 0);
    expect(nothing.shape).toEqual([0]);
    tf.dispose([padded, integers, nothing]);
  });
});
