import { backend_util, Mean, Sum, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';

interface Call {
  inputs: { x: TensorInfo };
  attrs: { axis?: number | number[]; keepDims?: boolean };
  backend: SimdBackend;
}

export const sumKernel: SimdKernel = {
  kernelName: Sum,
  run: (call: Call) => reduce(call, false),
};

export const meanKernel: SimdKernel = {
  kernelName: Mean,
  run: (call: Call) => reduce(call, true),
};

/** Sum or mean over all axes, over the leading ones, over the last ones, or over those between; else undefined. */
function reduce({ inputs: { x }, attrs, backend }: Call, mean: boolean): TensorInfo | undefined {
  const { kernels } = backend;
  const axes = util.parseAxisParam(attrs.axis as number[], x.shape).sort((a, b) => a - b);
  const first = axes[0] ?? 0;
  const last = axes.at(-1) ?? -1;
  const contiguous = axes.length > 0 && last - first === axes.length - 1;
  if (!contiguous) return undefined;
  const outer = util.sizeFromShape(x.shape.slice(0, first));
  const reduced = util.sizeFromShape(x.shape.slice(first, last + 1));
  const inner = util.sizeFromShape(x.shape.slice(last + 1));
  const [shape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const outShape = attrs.keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape;
  const from = backend.offsetOf(x);
  if (outer === 1 && inner === 1) {
    const total = kernels.sum(from, reduced);
    return backend.makeTensorInfo(outShape, 'float32', Float32Array.of(mean ? total / reduced : total));
  }
  const y = backend.makeOutput32(outShape);
  const to = backend.offsetOf(y);
  if (inner === 1) kernels.rowSums(from, to, outer, reduced);
  else if (outer === 1) kernels.columnSums(from, to, reduced, inner);
  else {
    kernels.globalAveragePool(from, to, outer, reduced, inner);
    if (!mean) kernels.binaryScalar('multiply', to, reduced, to, outer * inner);
    return y;
  }
  if (mean) kernels.binaryScalar('divide', to, reduced, to, outer * inner);
  return y;
}
