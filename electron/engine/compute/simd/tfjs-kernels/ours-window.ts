import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WindowAttributes } from '../../operations/gradients/window.ts';

export type { WindowAttributes };

/** The part of a kernel's shape that plain and depthwise convolution share. */
export function windowShape(x: readonly number[], filter: readonly number[], { stride, padding }: WindowAttributes) {
  const [batch, inHeight, inWidth] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth] = filter as [number, number, number, number];
  return {
    batch,
    inHeight,
    inWidth,
    outHeight: Math.floor((inHeight + 2 * padding - kernelHeight) / stride) + 1,
    outWidth: Math.floor((inWidth + 2 * padding - kernelWidth) / stride) + 1,
    kernelHeight,
    kernelWidth,
    strideHeight: stride,
    strideWidth: stride,
    padTop: padding,
    padLeft: padding,
  };
}

/** Inputs of our own convolution kernels. */
export type WindowInputs = {
  x: TensorInfo;
  filter: TensorInfo;
  bias?: TensorInfo;
};
