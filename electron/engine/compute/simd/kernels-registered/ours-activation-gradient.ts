import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { checkShape } from './check-shape.ts';

interface Call {
  inputs: { x: tf.TensorInfo; dy: tf.TensorInfo };
  attrs: { activation: Activation };
  backend: SimdBackend;
}

const ACTIVATION_GRADIENT = 'DecantActivationGradient';

export const oursActivationGradientKernel: SimdKernel = {
  kernelName: ACTIVATION_GRADIENT,
  run({ inputs: { x, dy }, attrs: { activation }, backend }: Call) {
    checkShape('activation gradient', 'dy', dy, x.shape);
    const dx = backend.makeOutput32(x.shape);
    const length = tf.util.sizeFromShape(x.shape);
    const [from, upstream, to] = [backend.offsetOf(x), backend.offsetOf(dy), backend.offsetOf(dx)];
    backend.kernels.activationBackward(from, upstream, to, length, activation);
    return dx;
  },
};

/** `dy · activation'(x)`, a new tensor. */
export function activationGradient(x: tf.Tensor, dy: tf.Tensor, activation: Activation): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(ACTIVATION_GRADIENT, { x, dy }, { activation });
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
