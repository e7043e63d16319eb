import type * as tf from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { BACKWARD, FUSED } from '../../operations/kernel-choice.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

type Shape = [batch: number, height: number, width: number, channels: number];

interface Call {
  inputs: { x: tf.TensorInfo; gate: tf.TensorInfo };
  attrs: tf.NamedAttrMap;
  backend: SimdBackend;
}

interface BackwardCall {
  inputs: Call['inputs'] & { dy: tf.TensorInfo };
  attrs: tf.NamedAttrMap;
  backend: SimdBackend;
}

export const oursScaleChannelsKernel: SimdKernel = {
  kernelName: FUSED.scaleChannels,
  run({ inputs: { x, gate }, backend }: Call) {
    const [batch, height, width, channels] = x.shape as Shape;
    checkShape('scaleChannels', 'gate', gate, [batch, 1, 1, channels]);
    const y = backend.makeOutput32(x.shape);
    const [from, by, to] = [backend.offsetOf(x), backend.offsetOf(gate), backend.offsetOf(y)];
    backend.kernels.scaleChannels(from, by, to, batch, height * width, channels);
    return y;
  },
};

export const oursScaleChannelsGradientKernel: SimdKernel = {
  kernelName: BACKWARD.scaleChannels,
  run({ inputs: { x, gate, dy }, backend }: BackwardCall) {
    const [batch, height, width, channels] = x.shape as Shape;
    checkShape('scaleChannels gradient', 'dy', dy, x.shape);
    const dx = backend.makeOutput32(x.shape);
    const dGate = backend.makeOutput32(gate.shape);
    const offsets = {
      x: backend.offsetOf(x),
      gate: backend.offsetOf(gate),
      dy: backend.offsetOf(dy),
      dx: backend.offsetOf(dx),
      dGate: backend.offsetOf(dGate),
    };
    backend.kernels.scaleChannelsBackward(offsets, batch, height * width, channels);
    return [dx, dGate];
  },
};
