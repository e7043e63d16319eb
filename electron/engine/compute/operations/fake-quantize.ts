import * as tf from '@tensorflow/tfjs-core';
import { FUSED, hasKernel } from './kernel-choice.ts';

/** Integers that stand for numbers: `scale` times an integer from `lowest` to `highest`. */
export interface IntegerGrid {
  readonly scale: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * What is left of numbers when integers stand for them: `scale · clip(round(x / scale), lowest, highest)`, halves to the even
 * one. The gradient is that of the numbers themselves, and nothing beyond what rounds to the outermost integers (the
 * straight-through estimator, Bengio et al. 2013). Shape is kept. The caller disposes the result.
 */
export function fakeQuantize<T extends tf.Tensor>(x: T, grid: IntegerGrid): T {
  if (hasKernel(FUSED.fakeQuantize)) return tf.engine().runKernel<T>(FUSED.fakeQuantize, { x }, { ...grid });
  return fakeQuantizeComposed(x, grid);
}

/** `fakeQuantize` out of plain tfjs operations. */
function fakeQuantizeComposed<T extends tf.Tensor>(x: T, grid: IntegerGrid): T {
  const { scale, lowest, highest } = grid;
  const custom = tf.customGrad((...inputs) => {
    const save = inputs[1] as tf.GradSaveFunc; // tfjs appends its save function to the tensors that it is called with.
    save([x]);
    return {
      value: tf.tidy(() => tf.mul(tf.clipByValue(tf.round(tf.div(x, scale)), lowest, highest), scale)),
      gradFunc: (dy, saved) =>
        tf.tidy(() => {
          const [low, high] = passedRange(grid);
          const inside = tf.logicalAnd(tf.greaterEqual(saved[0]!, low), tf.lessEqual(saved[0]!, high));
          return tf.mul(dy as tf.Tensor, tf.cast(inside, 'float32')); // There is one output.
        }),
    };
  });
  return custom(x) as T; // Of x's shape.
}

/** Numbers between which gradients pass: all that rounds to one of the integers. */
export function passedRange({ scale, lowest, highest }: IntegerGrid): [low: number, high: number] {
  return [scale * (lowest - 0.5), scale * (highest + 0.5)];
}
