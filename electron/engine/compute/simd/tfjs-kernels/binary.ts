import { broadcast_util, type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import type { BinaryOperation } from '../kernel-types.ts';

interface Call {
  inputs: { a: TensorInfo; b: TensorInfo };
  attrs: NamedAttrMap;
  backend: SimdBackend;
}

const COMMUTATIVE: ReadonlySet<BinaryOperation> = new Set(['add', 'multiply', 'maximum', 'minimum']);

/** An elementwise tfjs kernel of two tensors, with the broadcasts that networks use. */
export function binaryKernel(kernelName: string, operation: BinaryOperation): SimdKernel {
  return {
    kernelName,
    run: ({ inputs: { a, b }, backend }: Call) =>
      combine(backend, operation, a, b) ?? (COMMUTATIVE.has(operation) ? combine(backend, operation, b, a) : undefined),
  };
}

/** `a op b` where `b` has a's shape or one that repeats over it; undefined for other broadcasts. */
function combine(
  backend: SimdBackend,
  operation: BinaryOperation,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const { kernels } = backend;
  const lengthA = util.sizeFromShape(a.shape);
  const lengthB = util.sizeFromShape(b.shape);
  if (util.arraysEqual(a.shape, b.shape)) {
    const y = backend.makeOutput32(a.shape);
    kernels.binary(operation, backend.offsetOf(a), backend.offsetOf(b), backend.offsetOf(y), lengthA);
    return y;
  }
  if (lengthB === 1 || lengthA === 1) {
    const reversed = lengthB !== 1;
    const [tensor, scalar] = reversed ? [b, a] : [a, b];
    const y = backend.makeOutput32(broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape));
    const value = Number(backend.data.get(scalar.dataId).values?.[0]);
    const length = Math.max(lengthA, lengthB);
    kernels.binaryScalar(operation, backend.offsetOf(tensor), value, backend.offsetOf(y), length, { reversed });
    return y;
  }
  if (b.shape.length > a.shape.length) return undefined;
  const aligned = [...new Array<number>(a.shape.length - b.shape.length).fill(1), ...b.shape];
  const first = aligned.findIndex((size) => size !== 1);
  if (util.arraysEqual(aligned.slice(first), a.shape.slice(first))) {
    const y = backend.makeOutput32(a.shape);
    const [offsetA, offsetB, offsetY] = [backend.offsetOf(a), backend.offsetOf(b), backend.offsetOf(y)];
    kernels.binaryRow(operation, offsetA, offsetB, offsetY, lengthA / lengthB, lengthB);
    return y;
  }
  const last = aligned.findLastIndex((size) => size !== 1) + 1;
  if (util.arraysEqual(aligned.slice(0, last), a.shape.slice(0, last))) {
    const y = backend.makeOutput32(a.shape);
    const [offsetA, offsetB, offsetY] = [backend.offsetOf(a), backend.offsetOf(b), backend.offsetOf(y)];
    kernels.binaryColumn(operation, offsetA, offsetB, offsetY, lengthB, lengthA / lengthB);
    return y;
  }
  return undefined;
}
