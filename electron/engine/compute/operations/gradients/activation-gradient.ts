import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { BACKWARD } from '../kernel-choice.ts';

/** `dy · activation'(x)`, a new tensor. */
export function activationGradient(x: tf.Tensor, dy: tf.Tensor, activation: Activation): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(BACKWARD.activate, { x, dy }, { activation });
}

/**
 * The gradient before an activation from the activation's output `y`, which is enough for all but hard-swish, whose
 * value does not tell its argument. For `none` that is `dy` itself.
 */
export function gradientFromOutput(y: tf.Tensor, dy: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case 'none':
      return dy;
    case 'relu':
    case 'relu6':
      // The output lies strictly inside the activation's range where its argument does.
      return activationGradient(y, dy, activation);
    case 'hard-sigmoid':
      return tf.tidy(() => activationGradient(tf.sub(tf.mul(y, 6), 3), dy, activation));
    case 'hard-swish':
      throw new Error('hard-swish cannot be differentiated from its output; apply it as an operation of its own');
    default:
      return activation satisfies never;
  }
}
