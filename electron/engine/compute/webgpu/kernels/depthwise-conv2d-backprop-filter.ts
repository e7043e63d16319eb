import { DepthwiseConv2dNativeBackpropFilter, type TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { defineProgram, elementType } from '../program.ts';
import { columnSums, joinParts, planSums, type SumVariant } from '../wgsl/column-sums.ts';
import { type TfjsWindow, tfjsWindowSizes, WINDOW_UNIFORMS, windowUniforms } from '../wgsl/window.ts';

interface Call {
  inputs: { x: TensorInfo; dy: TensorInfo };
  attrs: TfjsWindow & { filterShape: number[] };
  backend: DeviceBackend;
}

type Variant = SumVariant & { readonly kernelWidth: number };

/**
 * Sums x · dy over all output pixels, one matrix of them for each row of the window: an invocation loads dy once and adds
 * to the sums of all taps in that row.
 */
const program = defineProgram('depthwise backprop filter', (variant: Variant) => {
  const { kernelWidth } = variant;
  const type = elementType(variant.width);
  return columnSums(variant, {
    writes: { partial: type },
    reads: { x: type, dy: type },
    uniforms: WINDOW_UNIFORMS,
    terms: kernelWidth,
    add: `let image = row / (u.outHeight * u.outWidth);
      let py = i32(row / u.outWidth % u.outHeight * u.strideHeight + matrix) - i32(u.padTop);
      if (py < 0 || py >= i32(u.inHeight)) { continue; }
      let left = i32(row % u.outWidth * u.strideWidth) - i32(u.padLeft);
      let line = (i32(image * u.inHeight) + py) * i32(u.inWidth);
      let d = dy[row * u.columns + column];
      for (var kx = 0; kx < ${kernelWidth}; kx++) {
        let px = left + kx;
        if (px >= 0 && px < i32(u.inWidth)) { sums[kx] = fma(x[u32(line + px) * u.columns + column], d, sums[kx]); }
      }`,
    // Parts outermost: [parts, kernelHeight, kernelWidth, channels], so that joining them gives the filter.
    finish: `for (var kx = 0u; kx < ${kernelWidth}u; kx++) {
    partial[((group.y * groups.z + matrix) * ${kernelWidth}u + kx) * u.columns + column] = sums[kx];
  }`,
  });
});

export const depthwiseConv2dBackpropFilterKernel: DeviceKernel = {
  kernelName: DepthwiseConv2dNativeBackpropFilter,
  run({ inputs: { x, dy }, attrs: { filterShape, ...attrs }, backend }: Call) {
    const sizes = tfjsWindowSizes(x.shape, filterShape, dy, attrs, { depthwise: true });
    if (sizes === undefined) return undefined;
    const { kernelHeight, kernelWidth, inChannels } = sizes;
    const rows = sizes.batch * sizes.outHeight * sizes.outWidth;
    const plan = planSums({ matrices: kernelHeight, rows, columns: inChannels }, { terms: kernelWidth });
    const { parts } = plan;
    const dFilter = backend.makeOutput(parts === 1 ? filterShape : [parts, ...filterShape]);
    const uniforms = { ...windowUniforms(sizes), ...plan.uniforms };
    backend.launch(program({ ...plan.variant, kernelWidth }), { x, dy, partial: dFilter }, uniforms, plan.groups);
    if (parts === 1) return dFilter;
    const columns = kernelHeight * kernelWidth * inChannels;
    const joined = joinParts(backend, dFilter, { parts, columns }, { shape: filterShape });
    backend.disposeData(dFilter.dataId);
    return joined;
  },
};
