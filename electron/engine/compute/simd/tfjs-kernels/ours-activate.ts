import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

type Attributes = { activation: Activation };

interface Call {
  inputs: { x: tf.TensorInfo };
  attrs: Attributes;
  backend: SimdBackend;
}

export const oursActivateKernel: SimdKernel = {
  kernelName: FUSED.activate,
  run({ inputs: { x }, attrs: { activation }, backend }: Call) {
    const y = backend.makeOutput32(x.shape);
    backend.kernels.activation(backend.offsetOf(x), backend.offsetOf(y), tf.util.sizeFromShape(x.shape), activation);
    return y;
  },
};
