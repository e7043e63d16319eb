import * as tf from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import type { IntegerGrid } from '../../operations/fake-quantize.ts';
import { BACKWARD, FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface ForwardCall {
  inputs: { x: tf.TensorInfo };
  attrs: IntegerGrid & tf.NamedAttrMap;
  backend: SimdBackend;
}

export const oursFakeQuantizeKernel: SimdKernel = {
  kernelName: FUSED.fakeQuantize,
  run({ inputs: { x }, attrs, backend }: ForwardCall) {
    const y = backend.makeOutput32(x.shape);
    backend.kernels.fakeQuantize(backend.offsetOf(x), backend.offsetOf(y), tf.util.sizeFromShape(x.shape), attrs);
    return y;
  },
};

interface BackwardCall {
  inputs: { x: tf.TensorInfo; dy: tf.TensorInfo };
  attrs: { low: number; high: number };
  backend: SimdBackend;
}

export const oursFakeQuantizeGradientKernel: SimdKernel = {
  kernelName: BACKWARD.fakeQuantize,
  run({ inputs: { x, dy }, attrs, backend }: BackwardCall) {
    checkShape('fake quantization gradient', 'dy', dy, x.shape);
    const dx = backend.makeOutput32(x.shape);
    const [from, upstream, to] = [backend.offsetOf(x), backend.offsetOf(dy), backend.offsetOf(dx)];
    backend.kernels.fakeQuantizeBackward(from, upstream, to, tf.util.sizeFromShape(x.shape), attrs);
    return dx;
  },
};
