import { Sum, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { sumColumns } from '../wgsl/column-sums.ts';

interface Call {
  inputs: { x: TensorInfo };
  attrs: { axis?: number | number[]; keepDims?: boolean };
  backend: DeviceBackend;
}

/** Sums over the first dimensions, such as the gradient of a bias, without the transposition that tfjs makes for them. */
export const sumKernel: DeviceKernel = {
  kernelName: Sum,
  run({ inputs: { x }, attrs: { axis, keepDims = false }, backend }: Call) {
    const axes = util.parseAxisParam(axis ?? [], x.shape).sort((a, b) => a - b);
    const first = axes.length > 0 && axes.length < x.shape.length && axes.every((value, i) => value === i);
    if (!first) return undefined;
    const kept = x.shape.slice(axes.length);
    const columns = util.sizeFromShape(kept);
    const shape = keepDims ? [...axes.map(() => 1), ...kept] : kept;
    return sumColumns(backend, x, { rows: util.sizeFromShape(x.shape) / columns, columns }, { shape });
  },
};
