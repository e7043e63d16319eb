import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { sumColumns } from '../wgsl/column-sums.ts';

interface Call {
  inputs: { x: TensorInfo };
  attrs: NamedAttrMap;
  backend: DeviceBackend;
}

export const globalAveragePoolKernel: DeviceKernel = {
  kernelName: FUSED.globalAveragePool,
  run({ inputs: { x }, backend }: Call) {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const rows = height * width;
    const to = { shape: [batch, 1, 1, channels], factor: 1 / rows };
    return sumColumns(backend, x, { matrices: batch, rows, columns: channels }, to);
  },
};
