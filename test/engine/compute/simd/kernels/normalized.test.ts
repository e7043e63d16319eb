import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, type Activation } from '../../../../../electron/engine/compute/activation.ts';
import { tableFloats } from '../../../../../electron/engine/compute/simd/batch-norm-kernels.ts';
import { depthwiseByRows } from '../../../../../electron/engine/compute/simd/depthwise-kernels.ts';
import type {
  ConvolutionShape,
  DepthwiseShape,
  Normalization,
} from '../../../../../electron/engine/compute/simd/kernel-types.ts';
import { Random } from '../../../../../electron/engine/core/random.ts';
import {
  ACTIVATION_REFERENCES,
  DERIVATIVE_REFERENCES,
  expectEverywhere,
  normals,
  useRuntimes,
  visit,
} from './harness.ts';

// The kernels that live around batch norms, against plain double precision.

useRuntimes();

const EPSILON = 1e-3;

type Numbers = ArrayLike<number>;

/** A batch norm in double precision: its statistics, its values before and behind the activation. */
function normalize(x: Numbers, gamma: Numbers, beta: Numbers, activation: Activation) {
  const channels = gamma.length;
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) mean[i % channels]! += x[i]! / rows;
  for (let i = 0; i < x.length; i++) variance[i % channels]! += (x[i]! - mean[i % channels]!) ** 2 / rows;
  const hat = Float64Array.from(
    { length: x.length },
    (_, i) => (x[i]! - mean[i % channels]!) / Math.sqrt(variance[i % channels]! + EPSILON),
  );
  const z = hat.map((value, i) => value * gamma[i % channels]! + beta[i % channels]!);
  return { rows, channels, mean, variance, hat, z, gamma, activation, y: z.map(ACTIVATION_REFERENCES[activation]) };
}

type Normalized = ReturnType<typeof normalize>;

/** The gradient behind the batch norm of one behind the activation, and those of its parameters. */
function passThrough({ z, hat, activation, channels }: Normalized, dy: Numbers) {
  const g = z.map((value, i) => DERIVATIVE_REFERENCES[activation](value) * dy[i]!);
  const dGamma = new Float64Array(channels);
  const dBeta = new Float64Array(channels);
  for (let i = 0; i < g.length; i++) {
    dGamma[i % channels]! += g[i]! * hat[i]!;
    dBeta[i % channels]! += g[i]!;
  }
  return { g, dGamma, dBeta };
}

/** The gradient before the batch norm. */
function passBack({ hat, variance, gamma, rows, channels }: Normalized, through: ReturnType<typeof passThrough>) {
  const { g, dGamma, dBeta } = through;
  return g.map((value, i) => {
    const c = i % channels;
    const scale = gamma[c]! / Math.sqrt(variance[c]! + EPSILON);
    return scale * (value - dBeta[c]! / rows - (hat[i]! * dGamma[c]!) / rows);
  });
}

const positive = (random: Random, length: number) => normals(random, length).map((value) => 0.5 + Math.abs(value));

/** What both sides of a kernel share: arrays of two batch norms, and what describes them. */
function drawNorms(
  random: Random,
  sizes: { inRows: number; inChannels: number; outRows: number; outChannels: number },
) {
  const { inRows, inChannels, outRows, outChannels } = sizes;
  const arrays = {
    gammaIn: positive(random, inChannels),
    betaIn: normals(random, inChannels),
    gammaOut: positive(random, outChannels),
    betaOut: normals(random, outChannels),
    meanIn: inChannels,
    varianceIn: inChannels,
    tableIn: tableFloats(inChannels),
    meanOut: outChannels,
    varianceOut: outChannels,
    tableOut: tableFloats(outChannels),
    dGammaIn: inChannels,
    dBetaIn: inChannels,
    dGammaOut: outChannels,
    dBetaOut: outChannels,
  };
  const describe = (at: Record<keyof typeof arrays, number>, activations: { in: Activation; out: Activation }) => {
    const common = { epsilon: EPSILON };
    const input: Normalization = {
      ...common,
      ...{ rows: inRows, channels: inChannels, activation: activations.in, gamma: at.gammaIn, beta: at.betaIn },
      ...{ mean: at.meanIn, variance: at.varianceIn, table: at.tableIn },
    };
    const output: Normalization = {
      ...common,
      ...{ rows: outRows, channels: outChannels, activation: activations.out, gamma: at.gammaOut, beta: at.betaOut },
      ...{ mean: at.meanOut, variance: at.varianceOut, table: at.tableOut },
    };
    return { input, output };
  };
  return { arrays, describe };
}

describe('pointwise convolutions between batch norms', () => {
  const random = new Random('pointwise');
  const shapes = [
    { batch: 3, pixels: 25, k: 16, n: 24 },
    { batch: 4, pixels: 60, k: 24, n: 96 },
    { batch: 2, pixels: 301, k: 100, n: 37 },
    { batch: 5, pixels: 16, k: 331, n: 50 },
    { batch: 1, pixels: 700, k: 7, n: 5 },
  ];
  const cases = shapes.flatMap((shape, i) => [
    { ...shape, gated: false, plain: false, accumulate: i % 2 === 0, activation: ACTIVATIONS[i % 5]! },
    { ...shape, gated: true, plain: false, accumulate: i % 2 === 1, activation: 'hard-swish' as const },
    { ...shape, gated: false, plain: true, accumulate: i % 2 === 1, activation: 'relu6' as const },
  ]);

  it.each(cases)('$batch x $pixels x $k to $n, gated $gated, plain $plain', (shape) => {
    const { batch, pixels, k, n, gated, plain, accumulate, activation } = shape;
    const rows = batch * pixels;
    const x = normals(random, rows * k).map((value) => 2 + 3 * value);
    const filter = normals(random, k * n).map((value) => value / Math.sqrt(k));
    const gate = positive(random, batch * k);
    const before = normals(random, rows * k);
    const dy = normals(random, rows * n);
    const norms = drawNorms(random, { inRows: rows, inChannels: k, outRows: rows, outChannels: n });
    const { gammaIn, betaIn, gammaOut, betaOut } = norms.arrays;

    const entering = normalize(x, gammaIn, betaIn, activation);
    const gateAt = (i: number) => (gated ? gate[Math.floor(i / (pixels * k)) * k + (i % k)]! : 1);
    const a = plain ? Float64Array.from(x) : entering.y.map((value, i) => value * gateAt(i));
    const z = new Float64Array(rows * n);
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < k; i++) for (let o = 0; o < n; o++) z[r * n + o]! += a[r * k + i]! * filter[i * n + o]!;
    const leaving = normalize(z, gammaOut, betaOut, 'relu');
    const through = passThrough(leaving, dy);
    const dz = passBack(leaving, through);
    const dFilter = new Float64Array(k * n);
    const dx = Float64Array.from(accumulate ? before : new Float64Array(rows * k));
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < k; i++)
        for (let o = 0; o < n; o++) {
          dFilter[i * n + o]! += a[r * k + i]! * dz[r * n + o]!;
          dx[r * k + i]! += dz[r * n + o]! * filter[i * n + o]!;
        }
    const takesThrough = !gated && !plain;
    const inside = passThrough(entering, dx);

    expectEverywhere(
      {
        x,
        filter,
        gate,
        before,
        dy,
        ...norms.arrays,
        z: z.length,
        g: dy.length,
        dFilter: dFilter.length,
        dx: dx.length,
      },
      ({ kernels }, at) => {
        const { input, output } = norms.describe(at, { in: activation, out: 'relu' });
        kernels.measureStatistics(at.x, input);
        const step = {
          ...{ rows, inChannels: k, outChannels: n, pixels, filter: at.filter, z: at.z, output },
          input: plain ? { x: at.x } : { x: at.x, normalization: input, gate: gated ? at.gate : undefined },
        };
        kernels.pointwise(step);
        kernels.passThrough(at.z, at.dy, at.g, output, { dGamma: at.dGammaOut, dBeta: at.dBetaOut });
        kernels.copy(at.before, at.dx, rows * k);
        const own = { dGamma: at.dGammaIn, dBeta: at.dBetaIn };
        const gradient = { dx: at.dx, accumulate, through: takesThrough ? own : undefined };
        kernels.pointwiseBackward(step, { g: at.g, dFilter: at.dFilter, gradient });
      },
      {
        z,
        meanOut: leaving.mean,
        varianceOut: leaving.variance,
        dGammaOut: through.dGamma,
        dBetaOut: through.dBeta,
        dFilter,
        dx: takesThrough ? inside.g : dx,
        ...(takesThrough && { dGammaIn: inside.dGamma, dBetaIn: inside.dBeta }),
      },
      1e-4,
    );
  });

  it('take patches of images, whose gradient nobody wants', () => {
    const shape: ConvolutionShape = {
      ...{ batch: 3, inHeight: 11, inWidth: 9, inChannels: 3, outHeight: 6, outWidth: 5, outChannels: 14 },
      ...{ kernelHeight: 3, kernelWidth: 3, strideHeight: 2, strideWidth: 2, padTop: 1, padLeft: 1 },
    };
    const rows = shape.batch * shape.outHeight * shape.outWidth;
    const [k, n] = [27, shape.outChannels];
    const x = normals(random, shape.batch * shape.inHeight * shape.inWidth * 3);
    const filter = normals(random, k * n);
    const dy = normals(random, rows * n);
    const norms = drawNorms(random, { inRows: rows, inChannels: k, outRows: rows, outChannels: n });
    const patches = new Float64Array(rows * k);
    visit(shape, (output, input, tap) => {
      for (let c = 0; c < 3; c++) patches[output * k + tap * 3 + c] = x[input * 3 + c]!;
    });
    const z = new Float64Array(rows * n);
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < k; i++) for (let o = 0; o < n; o++) z[r * n + o]! += patches[r * k + i]! * filter[i * n + o]!;
    const leaving = normalize(z, norms.arrays.gammaOut, norms.arrays.betaOut, 'relu');
    const dz = passBack(leaving, passThrough(leaving, dy));
    const dFilter = new Float64Array(k * n);
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < k; i++)
        for (let o = 0; o < n; o++) dFilter[i * n + o]! += patches[r * k + i]! * dz[r * n + o]!;
    expectEverywhere(
      { x, filter, dy, ...norms.arrays, z: z.length, g: dy.length, dFilter: k * n },
      ({ kernels }, at) => {
        const { output } = norms.describe(at, { in: 'none', out: 'relu' });
        const step = {
          ...{ rows, inChannels: k, outChannels: n, pixels: 30, filter: at.filter, z: at.z, output },
          ...{ input: { x: at.x }, patches: shape },
        };
        kernels.pointwise(step);
        kernels.passThrough(at.z, at.dy, at.g, output, { dGamma: at.dGammaOut, dBeta: at.dBetaOut });
        kernels.pointwiseBackward(step, { g: at.g, dFilter: at.dFilter });
      },
      { z, meanOut: leaving.mean, varianceOut: leaving.variance, dFilter },
      1e-4,
    );
  });
});

describe('depthwise convolutions between batch norms', () => {
  const random = new Random('depthwise');
  const frames = [3, 5].flatMap((taps) =>
    [1, 2].flatMap((stride) =>
      [
        { batch: 3, inHeight: 9, inWidth: 10, channels: 20 },
        { batch: 2, inHeight: 8, inWidth: 8, channels: 37 },
        { batch: 40, inHeight: 7, inWidth: 13, channels: 5 },
      ].map((frame) => ({ ...frame, taps, stride })),
    ),
  );

  it.each(frames)('$batch x $inHeight x $inWidth x $channels, $taps taps, stride $stride', (frame) => {
    const { batch, inHeight, inWidth, channels, taps, stride } = frame;
    const pad = (taps - 1) / 2;
    const out = (size: number) => Math.floor((size + 2 * pad - taps) / stride) + 1;
    const shape: DepthwiseShape = {
      ...{ batch, inHeight, inWidth, channels, outHeight: out(inHeight), outWidth: out(inWidth) },
      ...{
        kernelHeight: taps,
        kernelWidth: taps,
        strideHeight: stride,
        strideWidth: stride,
        padTop: pad,
        padLeft: pad,
      },
    };
    expect(depthwiseByRows(shape)).toBe(true);
    const [inRows, outRows] = [batch * inHeight * inWidth, batch * shape.outHeight * shape.outWidth];
    for (const [plain, accumulate] of [
      [false, false],
      [true, false],
      [true, true],
    ] as const) {
      const activation = ACTIVATIONS[(taps + stride) % 5]!;
      const x = normals(random, inRows * channels).map((value) => 1 + 2 * value);
      const filter = normals(random, taps * taps * channels);
      const before = normals(random, x.length);
      const dy = normals(random, outRows * channels);
      const norms = drawNorms(random, { inRows, inChannels: channels, outRows, outChannels: channels });
      const entering = normalize(x, norms.arrays.gammaIn, norms.arrays.betaIn, activation);
      const a = plain ? Float64Array.from(x) : entering.y;
      const z = new Float64Array(outRows * channels);
      visit(shape, (output, input, tap) => {
        for (let c = 0; c < channels; c++)
          z[output * channels + c]! += a[input * channels + c]! * filter[tap * channels + c]!;
      });
      const leaving = normalize(z, norms.arrays.gammaOut, norms.arrays.betaOut, 'hard-swish');
      const dz = passBack(leaving, passThrough(leaving, dy));
      const dFilter = new Float64Array(filter.length);
      const dx = Float64Array.from(accumulate ? before : new Float64Array(x.length));
      visit(shape, (output, input, tap) => {
        for (let c = 0; c < channels; c++) {
          dFilter[tap * channels + c]! += a[input * channels + c]! * dz[output * channels + c]!;
          dx[input * channels + c]! += filter[tap * channels + c]! * dz[output * channels + c]!;
        }
      });
      const inside = passThrough(entering, dx);
      expectEverywhere(
        { x, filter, before, dy, ...norms.arrays, z: z.length, g: dy.length, dFilter: filter.length, dx: dx.length },
        ({ kernels }, at) => {
          const { input, output } = norms.describe(at, { in: activation, out: 'hard-swish' });
          kernels.measureStatistics(at.x, input);
          const step = { x: at.x, input: plain ? undefined : input, filter: at.filter, z: at.z, output };
          kernels.depthwiseNormalized(shape, step);
          kernels.passThrough(at.z, at.dy, at.g, output, { dGamma: at.dGammaOut, dBeta: at.dBetaOut });
          kernels.copy(at.before, at.dx, x.length);
          const own = { dGamma: at.dGammaIn, dBeta: at.dBetaIn };
          const gradient = { dx: at.dx, accumulate, through: plain ? undefined : own };
          kernels.depthwiseNormalizedBackward(shape, step, { g: at.g, dFilter: at.dFilter, gradient });
        },
        {
          z,
          meanOut: leaving.mean,
          varianceOut: leaving.variance,
          dFilter,
          dx: plain ? dx : inside.g,
          ...(!plain && { dGammaIn: inside.dGamma, dBetaIn: inside.dBeta }),
        },
        1e-4,
      );
    }
  });
});

describe('squeeze-excitation between batch norms', () => {
  const random = new Random('squeeze');
  it.each([
    { batch: 3, pixels: 49, channels: 20, gated: true },
    { batch: 2, pixels: 300, channels: 37, gated: true },
    { batch: 5, pixels: 4, channels: 130, gated: false },
  ])('$batch x $pixels x $channels, gated $gated', ({ batch, pixels, channels, gated }) => {
    const rows = batch * pixels;
    const x = normals(random, rows * channels).map((value) => 1 + 2 * value);
    const dy = normals(random, rows * channels);
    const gate = positive(random, batch * channels);
    const dMean = normals(random, batch * channels);
    const norms = drawNorms(random, { inRows: rows, inChannels: channels, outRows: 1, outChannels: 1 });
    const map = normalize(x, norms.arrays.gammaIn, norms.arrays.betaIn, 'hard-swish');
    const means = new Float64Array(batch * channels);
    const dGate = new Float64Array(batch * channels);
    const imageOf = (i: number) => Math.floor(i / (pixels * channels)) * channels + (i % channels);
    for (let i = 0; i < x.length; i++) {
      means[imageOf(i)]! += map.y[i]! / pixels;
      dGate[imageOf(i)]! += map.y[i]! * dy[i]!;
    }
    const d = map.y.map((_, i) => (gated ? dy[i]! * gate[imageOf(i)]! : 0) + dMean[imageOf(i)]! / pixels);
    const through = passThrough(map, d);
    expectEverywhere(
      { x, dy, gate, dMean, ...norms.arrays, means: means.length, dGate: dGate.length, g: x.length },
      ({ kernels }, at) => {
        const { input } = norms.describe(at, { in: 'hard-swish', out: 'none' });
        kernels.measureStatistics(at.x, input);
        kernels.squeeze(at.x, at.means, input, batch);
        kernels.gateGradient(at.x, at.dy, at.dGate, input, batch);
        kernels.copy(at.dy, at.g, x.length);
        const own = { dGamma: at.dGammaIn, dBeta: at.dBetaIn };
        kernels.squeezeThrough(
          { x: at.x, g: at.g, gate: gated ? at.gate : undefined, dMean: at.dMean },
          input,
          own,
          batch,
        );
      },
      { means, dGate, g: through.g, dGammaIn: through.dGamma, dBetaIn: through.dBeta },
      1e-4,
    );
  });
});
