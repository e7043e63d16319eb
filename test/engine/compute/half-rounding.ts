import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { conv2d, dense, depthwiseConv2d } from '../../../electron/engine/compute/index.ts';

/** The only value of `operation`'s result. */
const value = async (operation: () => tf.Tensor): Promise<number> => {
  const y = tf.tidy(operation);
  const [first] = await y.data();
  y.dispose();
  return first!;
};

/** Tests of the active back end in mixed precision: what is rounded, and how. */
export function itRoundsToHalf(): void {
  it.each([
    ['conv2d', (x: number, w: number) => conv2d(tf.fill([1, 1, 1, 4], x), tf.fill([1, 1, 4, 1], w))],
    ['dense', (x: number, w: number) => dense(tf.fill([1, 4], x), tf.fill([4, 1], w))],
    ['matMul', (x: number, w: number) => tf.matMul(tf.fill([1, 4], x), tf.fill([4, 1], w))],
  ] as const)('%s rounds its inputs to 11 bits and sums in f32', async (_, product) => {
    // 1 + 2^-11 lies between two f16 and goes to the even one, 1; 1 + 2^-10 is an f16.
    expect(await value(() => product(1 + 2 ** -11, 1))).toBe(4);
    expect(await value(() => product(1 + 2 ** -10, 1))).toBe(4 + 2 ** -8);
    // The product of two f16 needs 22 bits, and the sum is larger than any f16.
    expect(await value(() => product(1 + 2 ** -10, 1 + 2 ** -10))).toBe(4 * (1 + 2 ** -10) ** 2);
    expect(await value(() => product(30_000, 2))).toBe(240_000);
    // What is too small vanishes, what is too large shows.
    expect(await value(() => product(2 ** -26, 1))).toBe(0);
    expect(await value(() => product(70_000, 1))).toBe(Number.POSITIVE_INFINITY);
    expect(await value(() => product(-65_510, 1))).toBe(Number.NEGATIVE_INFINITY);
    expect(await value(() => product(Number.NaN, 1))).toBeNaN();
  });

  it('leaves depthwise convolutions, which wait for memory, in f32', async () => {
    const x = 1 + 2 ** -11;
    expect(await value(() => depthwiseConv2d(tf.fill([1, 1, 1, 4], x), tf.ones([1, 1, 4, 1])))).toBe(x);
  });
}
