import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';

/** Sizes of a convolution, as the programs' uniforms. */
export interface WindowSizes {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** Declarations of the uniforms that `windowUniforms` fills. */
export const WINDOW_UNIFORMS = {
  inHeight: 'u32',
  inWidth: 'u32',
  inChannels: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  outChannels: 'u32',
  kernelWidth: 'u32',
  strideHeight: 'u32',
  strideWidth: 'u32',
  padTop: 'u32',
  padLeft: 'u32',
} as const;

export function windowUniforms(sizes: WindowSizes): Record<keyof typeof WINDOW_UNIFORMS, number> {
  const { batch: _, kernelHeight: __, ...uniforms } = sizes;
  return uniforms;
}

/** Whether every output pixel sees one input pixel, its own: the convolution is a plain matrix product. */
export function isPointwise(sizes: WindowSizes): boolean {
  return [
    sizes.kernelHeight,
    sizes.kernelWidth,
    sizes.strideHeight,
    sizes.strideWidth,
    sizes.padTop + 1,
    sizes.padLeft + 1,
  ].every((size) => size === 1);
}

/** Sizes of a convolution of ours: one stride and one padding, rounded down. */
export function windowSizes(
  x: readonly number[],
  filter: readonly number[],
  { stride, padding }: { stride: number; padding: number },
): WindowSizes {
  const [batch, inHeight, inWidth, inChannels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, , outChannels] = filter as [number, number, number, number];
  return {
    batch,
    inHeight,
    inWidth,
    inChannels,
    outHeight: Math.floor((inHeight + 2 * padding - kernelHeight) / stride) + 1,
    outWidth: Math.floor((inWidth + 2 * padding - kernelWidth) / stride) + 1,
    outChannels,
    kernelHeight,
    kernelWidth,
    strideHeight: stride,
    strideWidth: stride,
    padTop: padding,
    padLeft: padding,
  };
}

/** Attributes of tfjs's convolution kernels. */
export type TfjsWindow = {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [number, number][];
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

type Shape4D = [number, number, number, number];

/**
 * The sizes that tfjs's attributes describe, or undefined where it is not for our programs: dilated, grouped, not NHWC,
 * or with a `dy` of another size than the window gives, which tfjs takes as well.
 */
export function tfjsWindowSizes(
  x: readonly number[],
  filter: readonly number[],
  dy: TensorInfo,
  { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode }: TfjsWindow,
  { depthwise = false } = {},
): WindowSizes | undefined {
  if (dataFormat !== 'NHWC') return undefined;
  const info = backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad as number,
    dimRoundingMode,
    depthwise,
  );
  const channelsFit = depthwise ? filter[3] === 1 : filter[2] === info.inChannels;
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1 || !channelsFit) return undefined;
  if (!util.arraysEqual(dy.shape, info.outShape)) return undefined;
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}
