import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../activation.ts';
import { FUSED, hasKernel } from './kernel-choice.ts';

/**
 * Applies a point-wise activation; differentiable. Shape is kept. The caller disposes the result, which is always a
 * tensor of its own (for `none` it shares the data of `x`).
 */
export function activate<T extends tf.Tensor>(x: T, activation: Activation): T {
  if (activation === 'none') return tf.clone(x);
  if (hasKernel(FUSED.activate)) return tf.engine().runKernel<T>(FUSED.activate, { x }, { activation });
  return activateComposed(x, activation);
}

/** `activate` out of plain tfjs operations. */
export function activateComposed<T extends tf.Tensor>(x: T, activation: Activation): T {
  switch (activation) {
    case 'none':
      return tf.clone(x);
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'hard-sigmoid':
      return tf.tidy(() => hardSigmoid(x));
    case 'hard-swish':
      return tf.tidy(() => tf.mul<T>(x, hardSigmoid(x)));
    default:
      return activation satisfies never;
  }
}

function hardSigmoid<T extends tf.Tensor>(x: T): T {
  return tf.mul<T>(tf.relu6(tf.add<T>(x, 3)), 1 / 6);
}
