import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface Call {
  inputs: { x: tf.TensorInfo; dy: tf.TensorInfo };
  attrs: { activation: Activation };
  backend: SimdBackend;
}

export const oursActivationGradientKernel: SimdKernel = {
  kernelName: BACKWARD.activate,
  run({ inputs: { x, dy }, attrs: { activation }, backend }: Call) {
    checkShape('activation gradient', 'dy', dy, x.shape);
    const dx = backend.makeOutput32(x.shape);
    const length = tf.util.sizeFromShape(x.shape);
    const [from, upstream, to] = [backend.offsetOf(x), backend.offsetOf(dy), backend.offsetOf(dx)];
    backend.kernels.activationBackward(from, upstream, to, length, activation);
    return dx;
  },
};
