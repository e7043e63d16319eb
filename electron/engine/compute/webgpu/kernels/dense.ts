import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { checkShape } from '../../operations/check-shape.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { windowSizes } from '../wgsl/window.ts';
import { convolve } from './conv2d.ts';

interface Call {
  inputs: { x: TensorInfo; weight: TensorInfo; bias?: TensorInfo };
  attrs: NamedAttrMap;
  backend: DeviceBackend;
}

/** A convolution of images of one pixel. */
export const denseKernel: DeviceKernel = {
  kernelName: FUSED.dense,
  run({ inputs: { x, weight, bias }, backend }: Call) {
    const [batch, features] = x.shape as [number, number];
    const outputs = weight.shape[1]!;
    util.assert(weight.shape[0] === features, () => `dense: x [${x.shape}] does not fit weight [${weight.shape}]`);
    if (bias) checkShape('dense', 'bias', bias, [outputs]);
    const sizes = windowSizes([batch, 1, 1, features], [1, 1, features, outputs], { stride: 1, padding: 0 });
    const y = backend.makeOutput([batch, outputs]);
    convolve(backend, sizes, { x, weights: weight, bias, y }, 'none');
    return y;
  },
};
