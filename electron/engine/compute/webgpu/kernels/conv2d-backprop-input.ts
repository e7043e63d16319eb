import { Conv2DBackpropInput, type TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { elementType, type Width, widthOf } from '../program.ts';
import {
  chooseTile,
  defineProduct,
  groupsForProduct,
  type ProductVariant,
  storeFunction,
} from '../wgsl/matrix-product.ts';
import { isPointwise, type TfjsWindow, tfjsWindowSizes, WINDOW_UNIFORMS, windowUniforms } from '../wgsl/window.ts';

interface Call {
  inputs: { dy: TensorInfo; filter: TensorInfo };
  attrs: TfjsWindow & { inputShape: number[] };
  backend: DeviceBackend;
}

type Variant = ProductVariant & {
  readonly pointwise: boolean;
  readonly widthIn: Width;
  readonly widthOut: Width;
};

/** `row` is an input pixel, `k` a tap of the window and an output channel there, `column` an input channel. */
const program = defineProduct<Variant>('conv2d backprop input', ({ pointwise, widthIn, widthOut }) => ({
  writes: { y: elementType(widthIn) },
  reads: { dy: elementType(widthOut), weights: 'f32' },
  uniforms: { ...WINDOW_UNIFORMS, rows: 'u32', columns: 'u32', depth: 'u32' },
  declarations: `/** Where in dy the value for (row, k) is, or -1 where no window lies so. */
fn place(row: u32, k: u32) -> i32 {
  ${
    pointwise
      ? 'return i32(row * u.depth + k);'
      : `let tap = k / u.outChannels;
  let image = row / (u.inHeight * u.inWidth);
  let pixel = row % (u.inHeight * u.inWidth);
  let fromTop = i32(pixel / u.inWidth + u.padTop) - i32(tap / u.kernelWidth);
  let fromLeft = i32(pixel % u.inWidth + u.padLeft) - i32(tap % u.kernelWidth);
  let py = fromTop / i32(u.strideHeight);
  let px = fromLeft / i32(u.strideWidth);
  if (fromTop < 0 || fromLeft < 0 || py >= i32(u.outHeight) || px >= i32(u.outWidth)) { return -1; }
  if (py * i32(u.strideHeight) != fromTop || px * i32(u.strideWidth) != fromLeft) { return -1; }
  return ((i32(image * u.outHeight) + py) * i32(u.outWidth) + px) * i32(u.outChannels) + i32(k % u.outChannels);`
  }
}
fn loadA(row: u32, k: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (row >= u.rows) { return four; }
  ${
    widthOut === 4
      ? `if (k >= u.depth) { return four; }
  let at = place(row, k);
  if (at >= 0) { four = dy[at / 4]; }`
      : `for (var j = 0u; j < min(4u, u.depth - min(k, u.depth)); j++) {
    let at = place(row, k + j);
    if (at >= 0) { four[j] = dy[at]; }
  }`
  }
  return four;
}
fn loadB(k: u32, column: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (k >= u.depth) { return four; }
  let tap = k / u.outChannels;
  let channel = k % u.outChannels;
  for (var j = 0u; j < min(4u, u.columns - min(column, u.columns)); j++) {
    four[j] = weights[(tap * u.inChannels + column + j) * u.outChannels + channel];
  }
  return four;
}
${storeFunction({ vectors: widthIn === 4 })}`,
}));

export const conv2dBackpropInputKernel: DeviceKernel = {
  kernelName: Conv2DBackpropInput,
  run({ inputs: { dy, filter }, attrs, backend }: Call) {
    const sizes = tfjsWindowSizes(attrs.inputShape, filter.shape, dy, attrs);
    if (sizes === undefined) return undefined;
    const y = backend.makeOutput(attrs.inputShape);
    const rows = sizes.batch * sizes.inHeight * sizes.inWidth;
    const columns = sizes.inChannels;
    const depth = sizes.kernelHeight * sizes.kernelWidth * sizes.outChannels;
    const tile = chooseTile(rows, columns);
    const variant = {
      tile,
      rounding: backend.rounding,
      columnsOfA: false,
      rowsOfB: true,
      split: false,
      pointwise: isPointwise(sizes),
      widthIn: widthOf(columns),
      widthOut: widthOf(sizes.outChannels),
    };
    const uniforms = { ...windowUniforms(sizes), rows, columns, depth };
    backend.launch(program(variant), { dy, weights: filter, y }, uniforms, groupsForProduct(tile, rows, columns));
    return y;
  },
};
