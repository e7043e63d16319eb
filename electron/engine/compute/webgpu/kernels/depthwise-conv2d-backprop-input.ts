import { DepthwiseConv2dNativeBackpropInput, type TensorInfo, util } from '@tensorflow/tfjs-core';
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
import { type TfjsWindow, tfjsWindowSizes, WINDOW_UNIFORMS, windowUniforms } from '../wgsl/window.ts';

interface Call {
  inputs: { dy: TensorInfo; filter: TensorInfo };
  attrs: TfjsWindow & { inputShape: number[] };
  backend: DeviceBackend;
}

interface Variant extends Record<string, number> {
  readonly width: Width;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/** One invocation for each input pixel and vector of channels, which gathers from the windows that it lies in. */
const program = defineProgram('depthwise backprop input', ({ width, kernelHeight, kernelWidth }: Variant) => {
  const type = elementType(width);
  return {
    writes: { dx: type },
    reads: { dy: type, weights: type },
    uniforms: { ...WINDOW_UNIFORMS, count: 'u32', columns: 'u32' },
    workgroup: [ELEMENTS],
    main: `${FOR_EACH_ELEMENT}
  let column = i % u.columns;
  let pixel = i / u.columns;
  let image = pixel / (u.inHeight * u.inWidth);
  let bottom = i32(pixel / u.inWidth % u.inHeight + u.padTop);
  let right = i32(pixel % u.inWidth + u.padLeft);
  let strideHeight = i32(u.strideHeight);
  let strideWidth = i32(u.strideWidth);
  var sum = ${type}();
  for (var ky = 0; ky < ${kernelHeight}; ky++) {
    let py = (bottom - ky) / strideHeight;
    if (bottom < ky || py * strideHeight != bottom - ky || py >= i32(u.outHeight)) { continue; }
    let line = (i32(image * u.outHeight) + py) * i32(u.outWidth);
    for (var kx = 0; kx < ${kernelWidth}; kx++) {
      let px = (right - kx) / strideWidth;
      if (right < kx || px * strideWidth != right - kx || px >= i32(u.outWidth)) { continue; }
      let weight = weights[u32(ky * ${kernelWidth} + kx) * u.columns + column];
      sum = fma(dy[u32(line + px) * u.columns + column], weight, sum);
    }
  }
  dx[i] = sum;`,
  };
});

export const depthwiseConv2dBackpropInputKernel: DeviceKernel = {
  kernelName: DepthwiseConv2dNativeBackpropInput,
  run({ inputs: { dy, filter }, attrs, backend }: Call) {
    const sizes = tfjsWindowSizes(attrs.inputShape, filter.shape, dy, attrs, { depthwise: true });
    if (sizes === undefined) return undefined;
    const { kernelHeight, kernelWidth, inChannels } = sizes;
    const width = widthOf(inChannels);
    const dx = backend.makeOutput(attrs.inputShape);
    const count = util.sizeFromShape(attrs.inputShape) / width;
    const uniforms = { ...windowUniforms(sizes), count, columns: inChannels / width };
    const tensors = { dy, weights: filter, dx };
    backend.launch(program({ width, kernelHeight, kernelWidth }), tensors, uniforms, groupsForElements(count));
    return dx;
  },
};
