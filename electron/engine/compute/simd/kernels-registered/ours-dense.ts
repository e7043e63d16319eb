import * as tf from '@tensorflow/tfjs-core';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { multiplyMatrices } from './batch-mat-mul.ts';

interface Call {
  inputs: { x: tf.TensorInfo; weight: tf.TensorInfo; bias?: tf.TensorInfo };
  attrs: tf.NamedAttrMap;
  backend: SimdBackend;
}

export const oursDenseKernel: SimdKernel = {
  kernelName: FUSED.dense,
  run: ({ inputs: { x, weight, bias }, backend }: Call) => multiplyMatrices(backend, x, weight, {}, { bias }),
};

export const oursDenseGradient: tf.GradConfig = {
  kernelName: FUSED.dense,
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, saved) => {
    const [x, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
    const upstream = dy as tf.Tensor2D;
    return {
      x: () => tf.matMul(upstream, weight, false, true),
      weight: () => tf.matMul(x, upstream, true, false),
      bias: () => tf.sum(upstream, 0),
    };
  },
};
