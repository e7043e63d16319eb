import type * as tf from '@tensorflow/tfjs-core';
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
  halved: ['x', 'weight'],
  run: ({ inputs: { x, weight, bias }, backend }: Call) => multiplyMatrices(backend, x, weight, {}, { bias }),
};
