import { BatchMatMul, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import type { SimdBackend } from '../backend.ts';
import type { SimdKernel } from '../define-kernel.ts';
import { type MatMulAttributes, matMulShape } from './matrix-shape.ts';

interface Call {
  inputs: { a: TensorInfo; b: TensorInfo };
  attrs: MatMulAttributes;
  backend: SimdBackend;
}

export const batchMatMulKernel: SimdKernel = {
  kernelName: BatchMatMul,
  halved: ['a', 'b'],
  run({ inputs: { a, b }, attrs, backend }: Call) {
    return multiplyMatrices(backend, a, b, attrs);
  },
};

/** Matrix product with optional bias and activation; undefined for shapes that are left to tfjs. */
export function multiplyMatrices(
  backend: SimdBackend,
  a: TensorInfo,
  b: TensorInfo,
  attributes: MatMulAttributes,
  { bias, activation = 'none' }: { bias?: TensorInfo | undefined; activation?: Activation } = {},
): TensorInfo | undefined {
  const shape = matMulShape(a, b, attributes);
  if (shape === undefined) return undefined;
  const { m, n, k, count, strideA, strideB } = shape;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== n)) return undefined;
  const c = backend.makeOutput32(shape.outShape);
  const product = {
    a: backend.offsetOf(a),
    b: backend.offsetOf(b),
    c: backend.offsetOf(c),
    m,
    n,
    k,
    transposeA: attributes.transposeA === true,
    transposeB: attributes.transposeB === true,
    bias: bias && backend.offsetOf(bias),
    activation,
  };
  if (count === 1) backend.kernels.gemm(product);
  else backend.kernels.batchedGemm({ ...product, count, strideA, strideB, strideC: m * n });
  return c;
}
