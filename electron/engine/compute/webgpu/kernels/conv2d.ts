import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Activation } from '../../activation.ts';
import { checkShape } from '../../operations/check-shape.ts';
import type { WindowAttributes } from '../../operations/gradients/window.ts';
import { FUSED } from '../../operations/kernel-choice.ts';
import type { DeviceBackend } from '../backend.ts';
import type { DeviceKernel } from '../define-kernel.ts';
import { elementType, type Width, widthOf } from '../program.ts';
import { activationFunction } from '../wgsl/activation.ts';
import {
  chooseTile,
  defineProduct,
  groupsForProduct,
  type ProductVariant,
  storeFunction,
} from '../wgsl/matrix-product.ts';
import { isPointwise, WINDOW_UNIFORMS, type WindowSizes, windowSizes, windowUniforms } from '../wgsl/window.ts';

interface Call {
  inputs: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo };
  attrs: WindowAttributes;
  backend: DeviceBackend;
}

type Variant = ProductVariant & {
  readonly pointwise: boolean;
  /** How x and how filter, bias and y are read: vectors lie along the channels. */
  readonly widthIn: Width;
  readonly widthOut: Width;
  readonly bias: boolean;
  readonly activation: Activation;
};

/** `row` is an output pixel, `k` a tap of the window and a channel there, `column` an output channel. */
const program = defineProduct<Variant>('conv2d', ({ pointwise, widthIn, widthOut, bias, activation }) => {
  const [typeIn, typeOut] = [elementType(widthIn), elementType(widthOut)];
  const vectorsIn = widthIn === 4;
  const vectorsOut = widthOut === 4;
  return {
    writes: { y: typeOut },
    reads: { x: typeIn, weights: typeOut, ...(bias && { bias: typeOut }) },
    uniforms: { ...WINDOW_UNIFORMS, rows: 'u32', columns: 'u32', depth: 'u32' },
    declarations: `${activationFunction(activation, 'vec4<f32>')}
/** Where in x the value for (row, k) is, or -1 in the padding. */
fn place(row: u32, k: u32) -> i32 {
  ${
    pointwise
      ? 'return i32(row * u.depth + k);'
      : `let tap = k / u.inChannels;
  let channel = k % u.inChannels;
  let image = row / (u.outHeight * u.outWidth);
  let pixel = row % (u.outHeight * u.outWidth);
  let py = i32(pixel / u.outWidth * u.strideHeight + tap / u.kernelWidth) - i32(u.padTop);
  let px = i32(pixel % u.outWidth * u.strideWidth + tap % u.kernelWidth) - i32(u.padLeft);
  if (py < 0 || py >= i32(u.inHeight) || px < 0 || px >= i32(u.inWidth)) { return -1; }
  return ((i32(image * u.inHeight) + py) * i32(u.inWidth) + px) * i32(u.inChannels) + i32(channel);`
  }
}
fn loadA(row: u32, k: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (row >= u.rows) { return four; }
  ${
    vectorsIn
      ? `if (k >= u.depth) { return four; }
  let at = place(row, k);
  if (at >= 0) { four = x[at / 4]; }`
      : `for (var j = 0u; j < min(4u, u.depth - min(k, u.depth)); j++) {
    let at = place(row, k + j);
    if (at >= 0) { four[j] = x[at]; }
  }`
  }
  return four;
}
${loadRowOfFour('loadB', 'weights', vectorsOut)}
${bias ? loadBias(vectorsOut) : ''}
${storeFunction({ vectors: vectorsOut, finish: `activate(value${bias ? ' + loadBias(column)' : ''})` })}`,
  };
});

/** Declares a loader of `array[k, column … column + 3]`, whose rows have `u.columns` values. */
export function loadRowOfFour(name: string, array: string, vectors: boolean): string {
  return `fn ${name}(k: u32, column: u32) -> vec4<f32> {
  var four = vec4<f32>();
  if (k >= u.depth || column >= u.columns) { return four; }
  ${
    vectors
      ? `four = ${array}[(k * u.columns + column) / 4u];`
      : `for (var j = 0u; j < min(4u, u.columns - column); j++) { four[j] = ${array}[k * u.columns + column + j]; }`
  }
  return four;
}`;
}

function loadBias(vectors: boolean): string {
  return `fn loadBias(column: u32) -> vec4<f32> {
  ${
    vectors
      ? 'return bias[column / 4u];'
      : `var four = vec4<f32>();
  for (var j = 0u; j < min(4u, u.columns - column); j++) { four[j] = bias[column + j]; }
  return four;`
  }
}`;
}

export const conv2dKernel: DeviceKernel = {
  kernelName: FUSED.conv2d,
  run({ inputs: { x, filter, bias }, attrs, backend }: Call) {
    const [inChannels, outChannels] = [filter.shape[2]!, filter.shape[3]!];
    util.assert(x.shape[3] === inChannels, () => `conv2d: x [${x.shape}] does not fit filter [${filter.shape}]`);
    if (bias) checkShape('conv2d', 'bias', bias, [outChannels]);
    const sizes = windowSizes(x.shape, filter.shape, attrs);
    const y = backend.makeOutput([sizes.batch, sizes.outHeight, sizes.outWidth, outChannels]);
    convolve(backend, sizes, { x, weights: filter, bias, y }, attrs.activation);
    return y;
  },
};

/** Enqueues `y = activation(x * weights + bias)`. */
export function convolve(
  backend: DeviceBackend,
  sizes: WindowSizes,
  { x, weights, bias, y }: { x: TensorInfo; weights: TensorInfo; bias?: TensorInfo | undefined; y: TensorInfo },
  activation: Activation,
): void {
  const rows = sizes.batch * sizes.outHeight * sizes.outWidth;
  const columns = sizes.outChannels;
  const depth = sizes.kernelHeight * sizes.kernelWidth * sizes.inChannels;
  const tile = chooseTile(rows, columns);
  const variant = {
    tile,
    rounding: backend.rounding,
    columnsOfA: false,
    rowsOfB: false,
    split: false,
    pointwise: isPointwise(sizes),
    widthIn: widthOf(sizes.inChannels),
    widthOut: widthOf(columns),
    bias: bias !== undefined,
    activation,
  };
  const tensors = { x, weights, y, ...(bias && { bias }) };
  const uniforms = { ...windowUniforms(sizes), rows, columns, depth };
  backend.launch(program(variant), tensors, uniforms, groupsForProduct(tile, rows, columns));
}
