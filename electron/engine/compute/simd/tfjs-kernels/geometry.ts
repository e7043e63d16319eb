import { backend_util } from '@tensorflow/tfjs-core';
import type { ConvolutionShape, DepthwiseShape } from '../kernel-types.ts';

/** Attributes of tfjs's convolution kernels. */
export type ConvolutionAttributes = {
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [number, number][];
  dataFormat?: 'NHWC' | 'NCHW';
  /** tfjs hands through a null of its caller's, too. */
  dilations?: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

type Shape4D = [number, number, number, number];

/** The convolution that tfjs's attributes describe, or undefined when it is dilated or not NHWC. */
export function convolutionShape(
  xShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvolutionAttributes,
): (ConvolutionShape & { outShape: number[] }) | undefined {
  const info = convolutionInfo(xShape, filterShape, attributes, false);
  if (info === undefined || info.inChannels !== filterShape[2]) return undefined;
  return {
    ...windowOf(info),
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    outShape: info.outShape,
  };
}

/** The depthwise convolution of tfjs's attributes, or undefined when dilated or with a channel multiplier. */
export function depthwiseShape(
  xShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvolutionAttributes,
): (DepthwiseShape & { outShape: number[] }) | undefined {
  const info = convolutionInfo(xShape, filterShape, attributes, true);
  if (info === undefined || filterShape[3] !== 1) return undefined;
  return { ...windowOf(info), channels: info.inChannels, outShape: info.outShape };
}

function convolutionInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode }: ConvolutionAttributes,
  depthwise: boolean,
): backend_util.Conv2DInfo | undefined {
  if (dataFormat !== 'NHWC') return undefined;
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad as number,
    dimRoundingMode,
    depthwise,
  );
  return info.dilationHeight === 1 && info.dilationWidth === 1 ? info : undefined;
}

function windowOf(info: backend_util.Conv2DInfo) {
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}
