import { Conv2DBackpropFilter, type TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { elementType, type Width, widthOf } from '../program.ts';
import { joinParts } from '../wgsl/column-sums.ts';
import {
  chooseTile,
  defineProduct,
  groupsForProduct,
  type ProductVariant,
  splitDepth,
  storeFunction,
} from '../wgsl/matrix-product.ts';
import { isPointwise, type TfjsWindow, tfjsWindowSizes, WINDOW_UNIFORMS, windowUniforms } from '../wgsl/window.ts';
import { loadRowOfFour } from './conv2d.ts';

interface Call {
  inputs: { x: TensorInfo; dy: TensorInfo };
  attrs: TfjsWindow & { filterShape: number[] };
  backend: DeviceBackend;
}

type Variant = ProductVariant & { readonly pointwise: boolean; readonly widthOut: Width };

/**
 * `row` is a tap of the window and an input channel there, `k` an output pixel, `column` an output channel. The sum goes
 * over all pixels of all images, so it is divided into parts that are joined afterwards, always in the same order.
 */
const program = defineProduct<Variant>('conv2d backprop filter', ({ pointwise, widthOut }) => ({
  writes: { y: elementType(widthOut) },
  reads: { x: 'f32', dy: elementType(widthOut) },
  uniforms: { ...WINDOW_UNIFORMS, rows: 'u32', columns: 'u32', depth: 'u32', depthOfPart: 'u32' },
  declarations: `fn loadA(row: u32, k: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (row >= u.rows) { return four; }
  ${
    pointwise
      ? `for (var j = 0u; j < min(4u, u.depth - min(k, u.depth)); j++) { four[j] = x[(k + j) * u.rows + row]; }`
      : `let tap = row / u.inChannels;
  let channel = row % u.inChannels;
  for (var j = 0u; j < min(4u, u.depth - min(k, u.depth)); j++) {
    let image = (k + j) / (u.outHeight * u.outWidth);
    let pixel = (k + j) % (u.outHeight * u.outWidth);
    let py = i32(pixel / u.outWidth * u.strideHeight + tap / u.kernelWidth) - i32(u.padTop);
    let px = i32(pixel % u.outWidth * u.strideWidth + tap % u.kernelWidth) - i32(u.padLeft);
    if (py < 0 || py >= i32(u.inHeight) || px < 0 || px >= i32(u.inWidth)) { continue; }
    four[j] = x[((image * u.inHeight + u32(py)) * u.inWidth + u32(px)) * u.inChannels + channel];
  }`
  }
  return four;
}
${loadRowOfFour('loadB', 'dy', widthOut === 4)}
${storeFunction({ vectors: widthOut === 4 })}`,
}));

export const conv2dBackpropFilterKernel: DeviceKernel = {
  kernelName: Conv2DBackpropFilter,
  run({ inputs: { x, dy }, attrs: { filterShape, ...attrs }, backend }: Call) {
    const sizes = tfjsWindowSizes(x.shape, filterShape, dy, attrs);
    if (sizes === undefined) return undefined;
    const rows = sizes.kernelHeight * sizes.kernelWidth * sizes.inChannels;
    const columns = sizes.outChannels;
    const depth = sizes.batch * sizes.outHeight * sizes.outWidth;
    const tile = chooseTile(rows, columns);
    const { parts, length } = splitDepth(tile, rows, columns, depth);
    const variant = {
      tile,
      rounding: backend.rounding,
      columnsOfA: true,
      rowsOfB: false,
      split: true,
      pointwise: isPointwise(sizes),
      widthOut: widthOf(columns),
    };
    const uniforms = { ...windowUniforms(sizes), rows, columns, depth, depthOfPart: length };
    const [across, down] = groupsForProduct(tile, rows, columns);
    const y = backend.makeOutput(parts === 1 ? filterShape : [parts, rows, columns]);
    backend.launch(program(variant), { x, dy, y }, uniforms, [across, down, parts]);
    if (parts === 1) return y;
    const dFilter = joinParts(backend, y, { parts, columns: rows * columns }, { shape: filterShape });
    backend.disposeData(y.dataId);
    return dFilter;
  },
};
