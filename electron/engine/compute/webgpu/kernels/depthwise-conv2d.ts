import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import type { WindowAttributes } from '../../operations/gradients/window.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import {
  defineProgram,
  ELEMENTS,
  elementType,
  FOR_EACH_ELEMENT,
  groupsForElements,
  type Width,
  widthOf,
} from '../program.ts';
import { activationFunction } from '../wgsl/activation.ts';
import { WINDOW_UNIFORMS, windowSizes, windowUniforms } from '../wgsl/window.ts';

interface Call {
  inputs: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo };
  attrs: WindowAttributes;
  backend: DeviceBackend;
}

interface Variant extends Record<string, string | number | boolean> {
  readonly width: Width;
  readonly bias: boolean;
  readonly activation: Activation;
  /** Fixed in the code, so that the loops over the window are unrolled. */
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/**
 * One invocation for each output pixel and vector of channels. Inputs stay f32 in mixed precision: the operation waits for
 * memory, not for arithmetic, and rounding would gain nothing.
 */
const program = defineProgram('depthwise', ({ width, bias, activation, kernelHeight, kernelWidth }: Variant) => {
  const type = elementType(width);
  return {
    writes: { y: type },
    reads: { x: type, weights: type, ...(bias && { bias: type }) },
    uniforms: { ...WINDOW_UNIFORMS, count: 'u32', columns: 'u32' },
    workgroup: [ELEMENTS],
    declarations: activationFunction(activation, type),
    main: `${FOR_EACH_ELEMENT}
  let column = i % u.columns;
  let pixel = i / u.columns;
  let image = pixel / (u.outHeight * u.outWidth);
  let top = i32(pixel / u.outWidth % u.outHeight * u.strideHeight) - i32(u.padTop);
  let left = i32(pixel % u.outWidth * u.strideWidth) - i32(u.padLeft);
  var sum = ${bias ? 'bias[column]' : `${type}()`};
  for (var ky = 0; ky < ${kernelHeight}; ky++) {
    let py = top + ky;
    if (py < 0 || py >= i32(u.inHeight)) { continue; }
    let line = (i32(image * u.inHeight) + py) * i32(u.inWidth);
    for (var kx = 0; kx < ${kernelWidth}; kx++) {
      let px = left + kx;
      if (px < 0 || px >= i32(u.inWidth)) { continue; }
      let weight = weights[u32(ky * ${kernelWidth} + kx) * u.columns + column];
      sum = fma(x[u32(line + px) * u.columns + column], weight, sum);
    }
  }
  y[i] = activate(sum);`,
  };
});

export const depthwiseConv2dKernel: DeviceKernel = {
  kernelName: FUSED.depthwiseConv2d,
  run({ inputs: { x, filter, bias }, attrs, backend }: Call) {
    const [kernelHeight, kernelWidth, channels, multiplier] = filter.shape as [number, number, number, number];
    util.assert(
      x.shape[3] === channels && multiplier === 1,
      () => `depthwiseConv2d: x [${x.shape}] does not fit filter [${filter.shape}]`,
    );
    if (bias) checkShape('depthwiseConv2d', 'bias', bias, [channels]);
    const sizes = windowSizes(x.shape, filter.shape, attrs);
    const y = backend.makeOutput([sizes.batch, sizes.outHeight, sizes.outWidth, channels]);
    const width = widthOf(channels);
    const count = util.sizeFromShape(y.shape) / width;
    const variant = { width, bias: bias !== undefined, activation: attrs.activation, kernelHeight, kernelWidth };
    const uniforms = { ...windowUniforms(sizes), count, columns: channels / width };
    const tensors = { x, weights: filter, y, ...(bias && { bias }) };
    backend.launch(program(variant), tensors, uniforms, groupsForElements(count));
    return y;
  },
};
