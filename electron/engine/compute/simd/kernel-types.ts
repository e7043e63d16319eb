import type { Activation } from '../activation.ts';
import type { IntegerGrid } from '../operations/fake-quantize.ts';

/** Byte offset into the shared WebAssembly memory, a multiple of 4 (of 64 when it comes from `allocate`). */
export type Offset = number;

/** `C[m, n] = activation(op(A)[m, k] · op(B)[k, n] + bias[n])`, all row-major f32 without gaps. */
export interface GemmArguments {
  a: Offset;
  b: Offset;
  c: Offset;
  m: number;
  n: number;
  k: number;
  /** A is stored as [k, m]. */
  transposeA?: boolean;
  /** B is stored as [n, k]. */
  transposeB?: boolean;
  /** Adds to what C holds instead of replacing it. */
  accumulate?: boolean;
  bias?: Offset | undefined;
  activation?: Activation | undefined;
}

/** Shapes of a two-dimensional convolution: x [batch, inHeight, inWidth, inChannels] → y [batch, outHeight, outWidth, outChannels]. */
export interface ConvolutionShape {
  batch: number;
  inHeight: number;
  inWidth: number;
  inChannels: number;
  outHeight: number;
  outWidth: number;
  outChannels: number;
  kernelHeight: number;
  kernelWidth: number;
  strideHeight: number;
  strideWidth: number;
  padTop: number;
  padLeft: number;
}

/** As `ConvolutionShape`, one filter a channel: y [batch, outHeight, outWidth, channels]. */
export interface DepthwiseShape {
  batch: number;
  inHeight: number;
  inWidth: number;
  channels: number;
  outHeight: number;
  outWidth: number;
  kernelHeight: number;
  kernelWidth: number;
  strideHeight: number;
  strideWidth: number;
  padTop: number;
  padLeft: number;
}

export interface BatchNormForward {
  x: Offset;
  y: Offset;
  gamma: Offset;
  beta: Offset;
  /** Written: the mean of every channel. */
  mean: Offset;
  /** Written: the biased variance of every channel. */
  variance: Offset;
  rows: number;
  channels: number;
  epsilon: number;
  activation?: Activation | undefined;
}

export interface BatchNormBackward {
  x: Offset;
  dy: Offset;
  /** Written; may be `dy` itself. */
  dx: Offset;
  gamma: Offset;
  beta: Offset;
  mean: Offset;
  variance: Offset;
  /** Written. */
  dGamma: Offset;
  /** Written. */
  dBeta: Offset;
  rows: number;
  channels: number;
  epsilon: number;
  activation?: Activation | undefined;
}

/** `y = activation(gamma · (x - mean) / sqrt(variance + epsilon) + beta)` with given statistics. */
export interface BatchNormInference {
  x: Offset;
  /** Written; may be `x` itself. */
  y: Offset;
  gamma: Offset;
  beta: Offset;
  mean: Offset;
  variance: Offset;
  rows: number;
  channels: number;
  epsilon: number;
  activation?: Activation | undefined;
}

/**
 * A batch norm of a map `[rows, channels]` in training, and the activation behind it, for kernels that work around it
 * without the normalized map: `y = activation(scale · x + shift)`.
 */
export interface Normalization {
  rows: number;
  channels: number;
  epsilon: number;
  activation: Activation;
  gamma: Offset;
  beta: Offset;
  /** Written with the statistics: the mean of every channel. */
  mean: Offset;
  /** Written with the statistics: the biased variance of every channel. */
  variance: Offset;
  /** `tableFloats(channels)` floats, written with the statistics and again with the gradients; what the kernels read. */
  table: Offset;
}

/** Where the gradients of a batch norm's own parameters go. */
export interface NormalizationGradients {
  /** Written. */
  dGamma: Offset;
  /** Written. */
  dBeta: Offset;
}

/** What a fused kernel reads: numbers as they are, or `gate · activation(scale · x + shift)`. */
export interface InputMap {
  x: Offset;
  normalization?: Normalization | undefined;
  /** `[batch, channels]`. */
  gate?: Offset | undefined;
}

/** `z[rows, outChannels] = input[rows, inChannels] · filter`, with a batch norm behind it. */
export interface PointwiseStep {
  rows: number;
  inChannels: number;
  outChannels: number;
  input: InputMap;
  /** Where the rows are patches of images `x`: their convolution. */
  patches?: ConvolutionShape | undefined;
  /** Rows an image, where there are gates. */
  pixels: number;
  filter: Offset;
  z: Offset;
  output: Normalization;
}

/** As `PointwiseStep`, one filter a channel. */
export interface DepthwiseStep {
  x: Offset;
  /** The batch norm between x and the convolution. */
  input?: Normalization | undefined;
  filter: Offset;
  z: Offset;
  output: Normalization;
}

/** Gradient of an input map. */
export interface InputGradient {
  /** Written. */
  dx: Offset;
  /** Adds to what dx holds. */
  accumulate: boolean;
  /** Takes dx on through the activation of the input's batch norm, whose own gradients go here. */
  through?: NormalizationGradients | undefined;
}

export type BinaryOperation = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum';
export type UnaryOperation = 'square' | 'sqrt' | 'rsqrt' | 'abs' | 'negate' | 'reciprocal';

export interface SgdStep {
  parameter: Offset;
  gradient: Offset;
  velocity: Offset;
  length: number;
  learningRate: number;
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
}

export interface AdamWStep {
  parameter: Offset;
  gradient: Offset;
  firstMoment: Offset;
  secondMoment: Offset;
  length: number;
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** 1 for the first step; corrects the bias of the moments. */
  step: number;
}

/**
 * The kernels. All are synchronous and leave their result in memory before they return, unless the runtime is pipelined
 * (see `SimdRuntimeOptions`): then they do so in the order of the calls, before `finish` returns; arrays are f32, row-major,
 * NHWC, of any size (channels need not be multiples of 4); an output may be the same array as an elementwise input, never
 * overlap it partly. Results do not depend on the number of threads.
 */
export interface SimdKernels {
  gemm(arguments_: GemmArguments): void;
  /** C[i] = op(A[i]) · op(B[i]) for `count` matrices; a stride of 0 elements repeats the same matrix. */
  batchedGemm(arguments_: GemmArguments & { count: number; strideA: number; strideB: number; strideC: number }): void;

  /** filter is [kernelHeight, kernelWidth, inChannels, outChannels]. */
  conv2d(
    shape: ConvolutionShape,
    arguments_: {
      x: Offset;
      filter: Offset;
      y: Offset;
      bias?: Offset | undefined;
      activation?: Activation | undefined;
    },
  ): void;
  conv2dBackpropInput(shape: ConvolutionShape, arguments_: { dy: Offset; filter: Offset; dx: Offset }): void;
  conv2dBackpropFilter(shape: ConvolutionShape, arguments_: { x: Offset; dy: Offset; dFilter: Offset }): void;

  /** filter is [kernelHeight, kernelWidth, channels]. */
  depthwise(
    shape: DepthwiseShape,
    arguments_: {
      x: Offset;
      filter: Offset;
      y: Offset;
      bias?: Offset | undefined;
      activation?: Activation | undefined;
    },
  ): void;
  depthwiseBackpropInput(shape: DepthwiseShape, arguments_: { dy: Offset; filter: Offset; dx: Offset }): void;
  depthwiseBackpropFilter(shape: DepthwiseShape, arguments_: { x: Offset; dy: Offset; dFilter: Offset }): void;

  /** z and the statistics of its batch norm, in one pass. */
  pointwise(step: PointwiseStep): void;
  /** g is the gradient behind the output's batch norm and activation, whose gradients are there already. */
  pointwiseBackward(
    step: PointwiseStep,
    arguments_: { g: Offset; dFilter: Offset; gradient?: InputGradient | undefined },
  ): void;
  /** As `pointwise`; only for shapes that `depthwiseByRows` says. */
  depthwiseNormalized(shape: DepthwiseShape, step: DepthwiseStep): void;
  /**
   * As `pointwiseBackward`. Behind a batch norm, dx is always taken on through it, and holds nothing before; elsewhere it never
   * is.
   */
  depthwiseNormalizedBackward(
    shape: DepthwiseShape,
    step: DepthwiseStep,
    arguments_: { g: Offset; dFilter: Offset; gradient: InputGradient },
  ): void;

  /** Mean, variance and table from the map itself. */
  measureStatistics(x: Offset, normalization: Normalization): void;
  /** `y = activation(scale · x + shift)`, plus `added` where there is one; y may be x. */
  normalize(x: Offset, y: Offset, normalization: Normalization, added?: Offset): void;
  /** `g = d · activation'`, and the batch norm's own gradients; g may be d. */
  passThrough(x: Offset, d: Offset, g: Offset, normalization: Normalization, gradients: NormalizationGradients): void;
  /** The gradient before the batch norm from g, the one behind it; dx may be g. */
  passBack(x: Offset, g: Offset, dx: Offset, normalization: Normalization): void;
  /** `y[batch, channels]` = the mean over an image's pixels of the normalized map. */
  squeeze(x: Offset, y: Offset, normalization: Normalization, batch: number): void;
  /** `dGate[batch, channels]` = the sum over an image's pixels of g times the normalized map. */
  gateGradient(x: Offset, g: Offset, dGate: Offset, normalization: Normalization, batch: number): void;
  /** As `passThrough` for `d = g · gate + dMean / pixels`; without a gate, g is only written. */
  squeezeThrough(
    arguments_: { x: Offset; g: Offset; gate?: Offset | undefined; dMean: Offset },
    normalization: Normalization,
    gradients: NormalizationGradients,
    batch: number,
  ): void;

  batchNormTraining(arguments_: BatchNormForward): void;
  batchNormBackward(arguments_: BatchNormBackward): void;
  batchNormInference(arguments_: BatchNormInference): void;

  activation(x: Offset, y: Offset, length: number, activation: Activation): void;
  /** dx = dy · activation'(x); x is the activation's input. */
  activationBackward(x: Offset, dy: Offset, dx: Offset, length: number, activation: Activation): void;

  /** y = scale · clip(round(x / scale), lowest, highest), halves to the even one. */
  fakeQuantize(x: Offset, y: Offset, length: number, grid: IntegerGrid): void;
  /** dx = dy where x lies from low to high, else 0. */
  fakeQuantizeBackward(x: Offset, dy: Offset, dx: Offset, length: number, range: { low: number; high: number }): void;

  /** y = a op b, elementwise over equal shapes. */
  binary(operation: BinaryOperation, a: Offset, b: Offset, y: Offset, length: number): void;
  /** y[rows, channels] = a[rows, channels] op b[channels]. */
  binaryRow(operation: BinaryOperation, a: Offset, b: Offset, y: Offset, rows: number, channels: number): void;
  /** y[rows, channels] = a[rows, channels] op b[rows]. */
  binaryColumn(operation: BinaryOperation, a: Offset, b: Offset, y: Offset, rows: number, channels: number): void;
  /** y = a op value; `reversed`: y = value op a. */
  binaryScalar(
    operation: BinaryOperation,
    a: Offset,
    value: number,
    y: Offset,
    length: number,
    options?: { reversed?: boolean },
  ): void;
  unary(operation: UnaryOperation, x: Offset, y: Offset, length: number): void;
  /** y = sum of the arrays, left to right. */
  addN(inputs: readonly Offset[], y: Offset, length: number): void;
  /** y += alpha · x */
  axpy(alpha: number, x: Offset, y: Offset, length: number): void;
  fill(y: Offset, length: number, value: number): void;
  copy(x: Offset, y: Offset, length: number): void;

  /** sums[channels] = sum over rows (bias gradients). */
  columnSums(x: Offset, sums: Offset, rows: number, channels: number): void;
  /** sums[rows] = sum over channels. */
  rowSums(x: Offset, sums: Offset, rows: number, channels: number): void;
  /** The sum of all values, accumulated in blocks and in 64 bits across blocks. */
  sum(x: Offset, length: number): number;
  sumOfSquares(x: Offset, length: number): number;

  /** y[batch, pixels, channels] = x · gate[batch, channels]. */
  scaleChannels(x: Offset, gate: Offset, y: Offset, batch: number, pixels: number, channels: number): void;
  /** dx = dy · gate; dGate = sum over pixels of dy · x. Leave out what is not wanted. */
  scaleChannelsBackward(
    arguments_: { x: Offset; gate: Offset; dy: Offset; dx?: Offset | undefined; dGate?: Offset | undefined },
    batch: number,
    pixels: number,
    channels: number,
  ): void;
  /** y[batch, channels] = mean over pixels. */
  globalAveragePool(x: Offset, y: Offset, batch: number, pixels: number, channels: number): void;
  /** dx[batch, pixels, channels] = dy[batch, channels] / pixels. */
  globalAveragePoolBackward(dy: Offset, dx: Offset, batch: number, pixels: number, channels: number): void;

  /** g' = g + weightDecay · p; v = momentum · v + g'; p -= learningRate · (nesterov ? g' + momentum · v : v). */
  sgd(step: SgdStep): void;
  /** Decoupled weight decay (Loshchilov & Hutter 2019). */
  adamW(step: AdamWStep): void;
  /** average = decay · average + (1 - decay) · factor · value; `factor` is 1 when left out. */
  ema(average: Offset, value: Offset, length: number, decay: number, factor?: number): void;
}
