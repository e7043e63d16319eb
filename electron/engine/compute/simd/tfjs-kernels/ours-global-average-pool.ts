import type * as tf from '@tensorflow/tfjs-core';
import { BACKWARD, FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

type Shape = [batch: number, height: number, width: number, channels: number];

interface Call {
  inputs: { x: tf.TensorInfo };
  attrs: tf.NamedAttrMap;
  backend: SimdBackend;
}

interface BackwardCall {
  inputs: { dy: tf.TensorInfo };
  attrs: { inputShape: Shape };
  backend: SimdBackend;
}

export const oursGlobalAveragePoolKernel: SimdKernel = {
  kernelName: FUSED.globalAveragePool,
  run({ inputs: { x }, backend }: Call) {
    const [batch, height, width, channels] = x.shape as Shape;
    const y = backend.makeOutput32([batch, 1, 1, channels]);
    backend.kernels.globalAveragePool(backend.offsetOf(x), backend.offsetOf(y), batch, height * width, channels);
    return y;
  },
};

export const oursGlobalAveragePoolGradientKernel: SimdKernel = {
  kernelName: BACKWARD.globalAveragePool,
  run({ inputs: { dy }, attrs: { inputShape }, backend }: BackwardCall) {
    const [batch, height, width, channels] = inputShape;
    const dx = backend.makeOutput32(inputShape);
    const [from, to] = [backend.offsetOf(dy), backend.offsetOf(dx)];
    backend.kernels.globalAveragePoolBackward(from, to, batch, height * width, channels);
    return dx;
  },
};
