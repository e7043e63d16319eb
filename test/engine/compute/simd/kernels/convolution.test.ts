import { describe, it } from 'vitest';
import { ACTIVATIONS } from '../../../../../electron/engine/compute/activation.ts';
import type { ConvolutionShape, DepthwiseShape } from '../../../../../electron/engine/compute/simd/kernel-types.ts';
import { Random } from '../../../../../electron/engine/core/random.ts';
import { ACTIVATION_REFERENCES, expectEverywhere, normals, useRuntimes, visit, type Window } from './harness.ts';

useRuntimes();

function drawWindow(random: Random, kernels: readonly number[], most = 14): Window {
  for (;;) {
    const kernelHeight = kernels[random.integer(kernels.length)]!;
    const kernelWidth = random.next() < 0.7 ? kernelHeight : kernels[random.integer(kernels.length)]!;
    const strideHeight = 1 + random.integer(2);
    const strideWidth = random.next() < 0.8 ? strideHeight : 1 + random.integer(3);
    const [padTop, padBottom] = [random.integer(kernelHeight), random.integer(kernelHeight)];
    const [padLeft, padRight] = [random.integer(kernelWidth), random.integer(kernelWidth)];
    const inHeight = 1 + random.integer(most);
    const inWidth = 1 + random.integer(most);
    const outHeight = Math.floor((inHeight + padTop + padBottom - kernelHeight) / strideHeight) + 1;
    const outWidth = Math.floor((inWidth + padLeft + padRight - kernelWidth) / strideWidth) + 1;
    if (outHeight < 1 || outWidth < 1) continue;
    const batch = 1 + random.integer(4);
    return {
      ...{ batch, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth },
      ...{ padTop, padLeft },
    };
  }
}

function checkConvolution(shape: ConvolutionShape, random: Random, round: number): void {
  const { inChannels: ci, outChannels: co } = shape;
  const inPixels = shape.batch * shape.inHeight * shape.inWidth;
  const outPixels = shape.batch * shape.outHeight * shape.outWidth;
  const taps = shape.kernelHeight * shape.kernelWidth;
  const x = normals(random, inPixels * ci);
  const filter = normals(random, taps * ci * co);
  const dy = normals(random, outPixels * co);
  const bias = normals(random, co);
  const activation = ACTIVATIONS[round % 5]!;
  const y = Float64Array.from({ length: outPixels * co }, (_, index) => (round % 2 ? bias[index % co]! : 0));
  const dx = new Float64Array(x.length);
  const dFilter = new Float64Array(filter.length);
  visit(shape, (output, input, tap) => {
    for (let i = 0; i < ci; i++)
      for (let o = 0; o < co; o++) {
        const weight = (tap * ci + i) * co + o;
        y[output * co + o]! += x[input * ci + i]! * filter[weight]!;
        dx[input * ci + i]! += dy[output * co + o]! * filter[weight]!;
        dFilter[weight]! += x[input * ci + i]! * dy[output * co + o]!;
      }
  });
  expectEverywhere(
    { x, filter, dy, bias, y: y.length, dx: dx.length, dFilter: dFilter.length },
    ({ kernels }, at) => {
      kernels.conv2d(shape, { ...at, bias: round % 2 ? at.bias : undefined, activation });
      kernels.conv2dBackpropInput(shape, at);
      kernels.conv2dBackpropFilter(shape, at);
    },
    { y: y.map(ACTIVATION_REFERENCES[activation]), dx, dFilter },
  );
}

function checkDepthwise(shape: DepthwiseShape, random: Random, round: number): void {
  const c = shape.channels;
  const inPixels = shape.batch * shape.inHeight * shape.inWidth;
  const outPixels = shape.batch * shape.outHeight * shape.outWidth;
  const x = normals(random, inPixels * c);
  const filter = normals(random, shape.kernelHeight * shape.kernelWidth * c);
  const dy = normals(random, outPixels * c);
  const bias = normals(random, c);
  const activation = ACTIVATIONS[round % 5]!;
  const y = Float64Array.from({ length: outPixels * c }, (_, index) => (round % 2 ? bias[index % c]! : 0));
  const dx = new Float64Array(x.length);
  const dFilter = new Float64Array(filter.length);
  visit(shape, (output, input, tap) => {
    for (let i = 0; i < c; i++) {
      y[output * c + i]! += x[input * c + i]! * filter[tap * c + i]!;
      dx[input * c + i]! += dy[output * c + i]! * filter[tap * c + i]!;
      dFilter[tap * c + i]! += x[input * c + i]! * dy[output * c + i]!;
    }
  });
  expectEverywhere(
    { x, filter, dy, bias, y: y.length, dx: dx.length, dFilter: dFilter.length },
    ({ kernels }, at) => {
      kernels.depthwise(shape, { ...at, bias: round % 2 ? at.bias : undefined, activation });
      kernels.depthwiseBackpropInput(shape, at);
      kernels.depthwiseBackpropFilter(shape, at);
    },
    { y: y.map(ACTIVATION_REFERENCES[activation]), dx, dFilter },
  );
}

describe('convolution', () => {
  it('computes drawn shapes and their gradients', () => {
    const random = new Random('convolution');
    for (let round = 0; round < 60; round++) {
      const window = drawWindow(random, [1, 2, 3, 5]);
      checkConvolution(
        { ...window, inChannels: 1 + random.integer(9), outChannels: 1 + random.integer(20) },
        random,
        round,
      );
    }
  });

  it('computes the first convolution of a network', () => {
    const random = new Random('stem');
    const square = { kernelHeight: 3, kernelWidth: 3, padTop: 1, padLeft: 1, inChannels: 3, outChannels: 32 };
    const size = { inHeight: 32, inWidth: 32, batch: 3 };
    checkConvolution({ ...square, ...size, outHeight: 16, outWidth: 16, strideHeight: 2, strideWidth: 2 }, random, 0);
    checkConvolution({ ...square, ...size, outHeight: 32, outWidth: 32, strideHeight: 1, strideWidth: 1 }, random, 1);
  });
});

describe('depthwise convolution', () => {
  it('computes drawn shapes and their gradients', () => {
    const random = new Random('depthwise');
    for (let round = 0; round < 150; round++) {
      const window = drawWindow(random, round % 3 === 0 ? [1, 2, 3, 4, 5, 7] : [3, 5]);
      checkDepthwise({ ...window, channels: 1 + random.integer(40) }, random, round);
    }
  });

  it.each([3, 5])('computes the maps of a network, %i x %i', (kernel) => {
    const random = new Random(`depthwise maps ${kernel}`);
    const pad = (kernel - 1) / 2;
    for (const [size, channels, batch] of [
      [1, 96, 16],
      [2, 72, 9],
      [4, 50, 7],
      [8, 33, 5],
      [17, 24, 3],
    ] as const)
      for (const stride of [1, 2]) {
        const out = Math.floor((size - 1) / stride) + 1;
        const shape = {
          ...{ batch, channels, inHeight: size, inWidth: size, outHeight: out, outWidth: out },
          ...{ kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride },
          ...{ padTop: pad, padLeft: pad },
        };
        checkDepthwise(shape, random, stride);
        // TensorFlow's "same" padding at stride 2 starts one later on even sizes.
        if (stride === 2 && size % 2 === 0) checkDepthwise({ ...shape, padTop: pad - 1, padLeft: pad - 1 }, random, 0);
      }
  });
});
