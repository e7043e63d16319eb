import { type TensorInfo, util } from '@tensorflow/tfjs-core';

/** Throws unless a kernel's input has the shape that it must have: kernels read memory by shape and check nothing. */
export function checkShape(kernel: string, name: string, { shape }: TensorInfo, expected: readonly number[]): void {
  util.assert(
    util.arraysEqual(shape, expected as number[]),
    () => `${kernel}: ${name} is [${shape}], but the other inputs need [${expected}]`,
  );
}
